import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { DeliveryModule } from '@app/delivery';
import { DevicesModule } from '@app/devices';
import { PersonalData, PersonalDataModule } from '@app/personal-data';
import { Module } from '@nestjs/common';
import { sendingRecords } from './person.records';
import { Addressees } from './addressees';
import { AudienceImportsService } from './audience-imports.service';
import { AudiencesService } from './audiences.service';
import { CampaignLists } from './campaign-lists';
import { CampaignPlanning } from './campaign-planning';
import { CampaignStore } from './campaign-store';
import { CampaignsService } from './campaigns.service';
import { NotificationLists } from './notification-lists';
import { NotificationStore } from './notification-store';
import { NotificationsService } from './notifications.service';

const services = [
  AudienceImportsService,
  AudiencesService,
  CampaignLists,
  CampaignPlanning,
  CampaignsService,
  NotificationLists,
  NotificationsService,
];

@Module({
  imports: [ApplicationsModule, AuditModule, DeliveryModule, DevicesModule, PersonalDataModule],
  providers: [...services, Addressees, CampaignStore, NotificationStore],
  exports: services,
})
export class CampaignsModule {
  constructor(personalData: PersonalData) {
    personalData.keeps(...sendingRecords);
  }
}
