import { ApplicationsModule, PowerAuthServer } from '@app/applications';
import { AuditModule } from '@app/audit';
import { Config } from '@app/core';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Accusations } from './accusations';
import { ActivationSource, OwnActivations, PowerAuthActivations } from './activation-source';
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
  providers: [
    ...services,
    RegistrationBatches,
    {
      provide: ActivationSource,
      inject: [Config, PowerAuthServer, DataSource],
      useFactory: ({ powerAuthUrl }: Config, server: PowerAuthServer, dataSource: DataSource) =>
        powerAuthUrl === undefined
          ? new OwnActivations(dataSource)
          : new PowerAuthActivations(server),
    },
  ],
  exports: services,
})
export class DevicesModule {}
