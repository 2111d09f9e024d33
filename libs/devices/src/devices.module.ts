import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { PersonalData, PersonalDataModule } from '@app/personal-data';
import { Module } from '@nestjs/common';
import { personRecords } from './person.records';
import { ActivationBatches } from './activations/activation-batches';
import { ActivationsService } from './activations/activations.service';
import { Accusations } from './device/accusations';
import { DeviceLists } from './device/device-lists';
import { ProfilesService } from './people/profiles.service';
import { UsersService } from './people/users.service';
import { DeviceImportsService } from './registration/device-imports.service';
import { DevicesService } from './registration/devices.service';
import { PushRegistrations } from './registration/push-registrations';
import { RegistrationBatches } from './registration/registration-batches';

const services = [
  Accusations,
  ActivationsService,
  DeviceImportsService,
  DeviceLists,
  DevicesService,
  ProfilesService,
  PushRegistrations,
  UsersService,
];

@Module({
  imports: [ApplicationsModule, AuditModule, PersonalDataModule],
  providers: [...services, ActivationBatches, RegistrationBatches],
  exports: services,
})
export class DevicesModule {
  constructor(personalData: PersonalData) {
    personalData.keeps(...personRecords);
  }
}
