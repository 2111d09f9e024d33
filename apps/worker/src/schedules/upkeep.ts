import { AuditRetention } from '@app/audit';
import { AccessTokens, Assertions, RefreshTokens } from '@app/auth';
import { every, Resealer, type Schedule } from '@app/core';
import { Idempotency } from '@app/idempotency';
import { SigningKeys } from '@app/keys';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

const everyMs = 3_600_000;

/** Does what has to be done now and then, at the start and every hour. Any number of workers may do it at once. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Upkeep.name);
  private schedule: Schedule | undefined;

  constructor(
    private readonly keys: SigningKeys,
    private readonly resealer: Resealer,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly assertions: Assertions,
    private readonly idempotency: Idempotency,
    private readonly audit: AuditRetention,
  ) {}

  onApplicationBootstrap(): void {
    const tasks = {
      'signing keys': () => this.keys.maintain(),
      'sealed secrets': () => this.resealer.sealAnew(),
      'revoked tokens': () => this.accessTokens.forgetExpired(),
      'refresh tokens': () => this.refreshTokens.forgetExpired(),
      'used assertions': () => this.assertions.forgetExpired(),
      'idempotency keys': () => this.idempotency.forgetExpired(),
      'audit trail': () => this.audit.forgetOld(),
    };
    this.schedule = every(everyMs, tasks, (what, error) => {
      this.logger.error(`Not looked after: ${what}`, error);
    });
  }

  /** Stops the schedule before the database goes. */
  async onModuleDestroy(): Promise<void> {
    await this.schedule?.stop();
  }
}
