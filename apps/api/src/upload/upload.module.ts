import { CampaignsModule } from '@app/campaigns';
import { DevicesModule } from '@app/devices';
import { Module } from '@nestjs/common';
import { UploadController } from './upload.controller';
import { UploadLimits } from './upload-limits';
import { UploadRun } from './upload-run';
import { UploadSlots } from './upload-slots';
import { UploadTargets } from './upload-targets';

/** Campaign users and devices in files of any size. */
@Module({
  imports: [CampaignsModule, DevicesModule],
  controllers: [UploadController],
  providers: [UploadLimits, UploadRun, UploadSlots, UploadTargets],
})
export class UploadModule {}
