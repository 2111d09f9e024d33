import { ApplicationsModule } from '@app/applications';
import { Module } from '@nestjs/common';
import { DevicesService } from './devices.service';

@Module({
  imports: [ApplicationsModule],
  providers: [DevicesService],
  exports: [DevicesService],
})
export class DevicesModule {}
