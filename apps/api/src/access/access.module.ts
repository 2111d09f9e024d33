import { AuthModule } from '@app/auth';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard';
import { AccessCallers } from './access-callers';
import { Authenticator } from './authenticator';
import { CallerAllowances } from './caller-allowances';

/** Tells who calls, and whether he may. */
@Module({
  imports: [AuthModule],
  providers: [
    AccessCallers,
    Authenticator,
    CallerAllowances,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticator, CallerAllowances],
})
export class AccessModule {}
