import { ApplicationsModule } from '@app/applications';
import { DeliveryModule } from '@app/delivery';
import { Module } from '@nestjs/common';
import { CampaignsService } from './campaigns.service';
import { NotificationsService } from './notifications.service';

@Module({
  imports: [ApplicationsModule, DeliveryModule],
  providers: [CampaignsService, NotificationsService],
  exports: [CampaignsService, NotificationsService],
})
export class CampaignsModule {}
