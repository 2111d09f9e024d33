import { ApplicationsModule, PowerAuthServer } from '@app/applications';
import { AuditModule } from '@app/audit';
import { Config } from '@app/core';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ActivationSource, OwnActivations, PowerAuthActivations } from './activation-source';
import { ActivationsService } from './activations.service';
import { DevicesService } from './devices.service';
import { ProfilesService } from './profiles.service';
import { PushRegistrations } from './push-registrations';

@Module({
  imports: [ApplicationsModule, AuditModule],
  providers: [
    ActivationsService,
    DevicesService,
    ProfilesService,
    PushRegistrations,
    {
      provide: ActivationSource,
      inject: [Config, PowerAuthServer, DataSource],
      useFactory: ({ powerAuthUrl }: Config, server: PowerAuthServer, dataSource: DataSource) =>
        powerAuthUrl === undefined
          ? new OwnActivations(dataSource)
          : new PowerAuthActivations(server),
    },
  ],
  exports: [ActivationsService, DevicesService, ProfilesService, PushRegistrations],
})
export class DevicesModule {}
