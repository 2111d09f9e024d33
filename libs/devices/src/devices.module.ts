import { ApplicationsModule, PowerAuthServer } from '@app/applications';
import { Config } from '@app/core';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ActivationSource, OwnActivations, PowerAuthActivations } from './activation-source';
import { ActivationsService } from './activations.service';
import { DevicesService } from './devices.service';

@Module({
  imports: [ApplicationsModule],
  providers: [
    ActivationsService,
    DevicesService,
    {
      provide: ActivationSource,
      inject: [Config, PowerAuthServer, DataSource],
      useFactory: ({ powerAuthUrl }: Config, server: PowerAuthServer, dataSource: DataSource) =>
        powerAuthUrl === undefined
          ? new OwnActivations(dataSource)
          : new PowerAuthActivations(server),
    },
  ],
  exports: [ActivationsService, DevicesService],
})
export class DevicesModule {}
