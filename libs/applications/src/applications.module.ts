import { AuditModule } from '@app/audit';
import { Module } from '@nestjs/common';
import { ApiSpaces } from './api-spaces';
import { ApplicationStore } from './application-store';
import { ApplicationsService } from './applications.service';
import { CredentialsService } from './credentials.service';
import { PushProfilesService } from './push-profiles.service';

@Module({
  imports: [AuditModule],
  providers: [
    ApiSpaces,
    ApplicationStore,
    ApplicationsService,
    CredentialsService,
    PushProfilesService,
  ],
  exports: [
    ApiSpaces,
    ApplicationStore,
    ApplicationsService,
    CredentialsService,
    PushProfilesService,
  ],
})
export class ApplicationsModule {}
