import { Config } from '@app/core';
import { Module } from '@nestjs/common';
import { ApplicationDirectory, EmptyDirectory } from './application-directory';
import { ApplicationsService } from './applications.service';
import { PowerAuthServer } from './power-auth-server';

@Module({
  providers: [
    ApplicationsService,
    PowerAuthServer,
    {
      provide: ApplicationDirectory,
      inject: [Config, PowerAuthServer],
      useFactory: ({ powerAuthUrl }: Config, server: PowerAuthServer) =>
        powerAuthUrl === undefined ? new EmptyDirectory() : server,
    },
  ],
  exports: [ApplicationsService, ApplicationDirectory, PowerAuthServer],
})
export class ApplicationsModule {}
