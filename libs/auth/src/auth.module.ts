import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { KeysModule } from '@app/keys';
import { Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens';
import { AssertionGrant } from './assertion-grant';
import { AssertionIssuers } from './assertion-issuers';
import { AssertionVerifier } from './assertion-verifier';
import { Assertions } from './assertions';
import { ChallengeTokens } from './challenge-tokens';
import { DedicatedKeys } from './dedicated-keys';
import { LoginLocks } from './login-locks';
import { OAuthClientsService } from './oauth-clients.service';
import { OperatorLogin } from './operator-login';
import { OperatorSessions } from './operator-sessions';
import { OperatorsService } from './operators.service';
import { OwnedKeys } from './owned-keys.service';
import { PushChallenges } from './push-challenges';
import { PushSessionTokens } from './push-session-tokens';
import { PushSessions } from './push-sessions';
import { RateLimits } from './rate-limits';
import { RefreshFamilies } from './refresh-families';
import { RefreshTokens } from './refresh-tokens';
import { ServiceAccountLogin } from './service-account-login';
import { ServiceAccountsService } from './service-accounts.service';
import { Standings } from './standing';
import { TokenVerifier } from './token-verifier';
import { UserTokens } from './user-tokens';

const services = [
  AccessTokens,
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
  imports: [ApplicationsModule, AuditModule, KeysModule],
  providers: [
    ...services,
    AssertionIssuers,
    AssertionVerifier,
    ChallengeTokens,
    DedicatedKeys,
    LoginLocks,
    OperatorSessions,
    PushChallenges,
    RefreshFamilies,
    Standings,
  ],
  exports: services,
})
export class AuthModule {}
