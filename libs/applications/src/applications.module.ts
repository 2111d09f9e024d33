import { AuditModule } from '@app/audit';
import { Config } from '@app/core';
import { Module } from '@nestjs/common';
import { ApiSpaces } from './api-spaces';
import { ApplicationDirectory, EmptyDirectory } from './application-directory';
import { ApplicationStore } from './application-store';
import { ApplicationsService } from './applications.service';
import { CredentialsService } from './credentials.service';
import { PowerAuthServer } from './power-auth-server';
import { PushProfilesService } from './push-profiles.service';
import { SecretRenewal } from './secret-renewal';

@Module({
  imports: [AuditModule],
  providers: [
    ApiSpaces,
    ApplicationStore,
    ApplicationsService,
    CredentialsService,
    PowerAuthServer,
    PushProfilesService,
    SecretRenewal,
    {
      provide: ApplicationDirectory,
      inject: [Config, PowerAuthServer],
      useFactory: ({ powerAuthUrl }: Config, server: PowerAuthServer) =>
        powerAuthUrl === undefined ? new EmptyDirectory() : server,
    },
  ],
  exports: [
    ApiSpaces,
    ApplicationStore,
    ApplicationsService,
    CredentialsService,
    ApplicationDirectory,
    PowerAuthServer,
    PushProfilesService,
    SecretRenewal,
  ],
})
export class ApplicationsModule {}
