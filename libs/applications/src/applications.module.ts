import { AuditModule } from '@app/audit';
import { Module } from '@nestjs/common';
import { ApiSpaces } from './api-spaces';
import { ApplicationStore } from './application-store';
import { ApplicationsService } from './applications.service';
import { CredentialsService } from './credentials.service';
import { PushProfilesService } from './push-profiles.service';
import { SecretRenewal } from './secret-renewal';

@Module({
  imports: [AuditModule],
  providers: [
    ApiSpaces,
    ApplicationStore,
    ApplicationsService,
    CredentialsService,
    PushProfilesService,
    SecretRenewal,
  ],
  exports: [
    ApiSpaces,
    ApplicationStore,
    ApplicationsService,
    CredentialsService,
    PushProfilesService,
    SecretRenewal,
  ],
})
export class ApplicationsModule {}
