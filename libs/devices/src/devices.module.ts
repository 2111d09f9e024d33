import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { Module } from '@nestjs/common';
import { Accusations } from './accusations';
import { ActivationsService } from './activations.service';
import { DeviceImportsService } from './device-imports.service';
import { DeviceLists } from './device-lists';
import { DevicesService } from './devices.service';
import { ProfilesService } from './profiles.service';
import { PushRegistrations } from './push-registrations';
import { RegistrationBatches } from './registration-batches';
import { UsersService } from './users.service';

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
  imports: [ApplicationsModule, AuditModule],
  providers: [...services, RegistrationBatches],
  exports: services,
})
export class DevicesModule {}
