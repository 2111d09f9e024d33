import { ActivationSource, OwnActivations } from '@app/devices';
import { Global, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApplicationDirectory } from './application-directory';
import { PowerAuthActivations } from './power-auth-activations';
import { PowerAuthServer } from './power-auth-server';

/**
 * The PowerAuth Server behind us, if there is one: what it knows of applications, and its word about activations. It is
 * global, because whose word that is concerns a lib below it.
 */
@Global()
@Module({
  providers: [
    ApplicationDirectory,
    PowerAuthServer,
    {
      provide: ActivationSource,
      inject: [PowerAuthServer, DataSource],
      useFactory: (server: PowerAuthServer, dataSource: DataSource) =>
        server.isConfigured ? new PowerAuthActivations(server) : new OwnActivations(dataSource),
    },
  ],
  exports: [ActivationSource, ApplicationDirectory],
})
export class PowerAuthServerModule {}
