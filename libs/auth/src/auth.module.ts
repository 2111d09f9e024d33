import { ApplicationsModule } from '@app/applications';
import { AuditModule } from '@app/audit';
import { KeysModule } from '@app/keys';
import { Module } from '@nestjs/common';
import { AccessTokens } from './access-tokens';
import { Assertions } from './assertions';
import { ChallengeTokens } from './challenge-tokens';
import { PushChallenges } from './push-challenges';
import { PushSessionTokens } from './push-session-tokens';
import { PushSessions } from './push-sessions';
import { RateLimits } from './rate-limits';
import { Standings } from './standing';
import { TokenVerifier } from './token-verifier';
import { UserTokens } from './user-tokens';

const services = [
  AccessTokens,
  Assertions,
  RateLimits,
  TokenVerifier,
  UserTokens,
  PushSessions,
  PushSessionTokens,
];

@Module({
  imports: [ApplicationsModule, AuditModule, KeysModule],
  providers: [...services, ChallengeTokens, PushChallenges, Standings],
  exports: services,
})
export class AuthModule {}
