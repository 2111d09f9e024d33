import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { KeysModule } from '@app/keys';
import { PersonalData, PersonalDataModule } from '@app/personal-data';
import { Module } from '@nestjs/common';
import { pushSessionRecords } from './push-sessions/push-session.records';
import { AccessTokens } from './access/access-tokens';
import { Allowances } from './limits/allowances';
import { ApiKeyCallers } from './api-keys/api-key-callers';
import { ApiKeyUses } from './api-keys/api-key-uses';
import { ApiKeysService } from './api-keys/api-keys.service';
import { AssertionGrant } from './clients/assertion-grant';
import { AssertionIssuers } from './clients/assertion-issuers';
import { AssertionVerifier } from './clients/assertion-verifier';
import { Assertions } from './proof/assertions';
import { ChallengeTokens } from './push-sessions/challenge-tokens';
import { DedicatedKeys } from './machines/dedicated-keys';
import { KnownDevices } from './operators/known-devices';
import { LoginLocks } from './limits/login-locks';
import { OAuthClientsService } from './clients/oauth-clients.service';
import { OperatorLogin } from './operators/operator-login';
import { OperatorSessions } from './operators/operator-sessions';
import { OperatorsService } from './operators/operators.service';
import { OwnedKeys } from './owned-keys';
import { PushChallenges } from './push-sessions/push-challenges';
import { PushSessionTokens } from './push-sessions/push-session-tokens';
import { PushSessions } from './push-sessions/push-sessions';
import { RateLimits } from './limits/rate-limits';
import { RefreshFamilies } from './service-accounts/refresh-families';
import { RefreshTokens } from './service-accounts/refresh-tokens';
import { ServiceAccountLogin } from './service-accounts/service-account-login';
import { ServiceAccountsService } from './service-accounts/service-accounts.service';
import { Standings } from './access/standing';
import { TokenVerifier } from './proof/token-verifier';
import { UserTokens } from './proof/user-tokens';

const services = [
  AccessTokens,
  Allowances,
  ApiKeyCallers,
  ApiKeysService,
  AssertionGrant,
  Assertions,
  OAuthClientsService,
  OperatorLogin,
  OperatorsService,
  OwnedKeys,
  RateLimits,
  RefreshTokens,
  ServiceAccountLogin,
  ServiceAccountsService,
  TokenVerifier,
  UserTokens,
  PushSessions,
  PushSessionTokens,
];

@Module({
  imports: [ApplicationsModule, AuditModule, KeysModule, PersonalDataModule],
  providers: [
    ...services,
    ApiKeyUses,
    AssertionIssuers,
    AssertionVerifier,
    ChallengeTokens,
    DedicatedKeys,
    KnownDevices,
    LoginLocks,
    OperatorSessions,
    PushChallenges,
    RefreshFamilies,
    Standings,
  ],
  exports: services,
})
export class AuthModule {
  constructor(personalData: PersonalData) {
    personalData.keeps(pushSessionRecords);
  }
}
