import { AuthModule } from '@app/auth';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard';
import { AccessStrategy } from './access.strategy';
import { Authenticator } from './authenticator';
import { UserStrategy } from './user.strategy';

/** Tells who calls, and whether he may. */
@Module({
  imports: [AuthModule],
  providers: [
    AccessStrategy,
    UserStrategy,
    Authenticator,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticator],
})
export class AccessModule {}
