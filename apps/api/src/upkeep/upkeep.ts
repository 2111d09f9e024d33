import { SecretRenewal } from '@app/applications';
import { Audit } from '@app/audit';
import { AccessTokens, Assertions, RefreshTokens } from '@app/auth';
import { Idempotency } from '@app/idempotency';
import { SigningKeys } from '@app/keys';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

const everyMs = 3_600_000;

/** What has to be looked after now and then, at the start and every hour. Any number of processes may do it at once. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Upkeep.name);
  private readonly tasks: Readonly<Record<string, () => Promise<unknown>>>;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    keys: SigningKeys,
    secrets: SecretRenewal,
    accessTokens: AccessTokens,
    refreshTokens: RefreshTokens,
    assertions: Assertions,
    idempotency: Idempotency,
    audit: Audit,
  ) {
    this.tasks = {
      'signing keys': () => keys.maintain(),
      'secrets of applications': () => secrets.sealAnew(),
      'revoked tokens': () => accessTokens.forgetExpired(),
      'refresh tokens': () => refreshTokens.forgetExpired(),
      'used assertions': () => assertions.forgetExpired(),
      'idempotency keys': () => idempotency.forgetExpired(),
      'audit trail': () => audit.forgetOld(),
    };
  }

  onApplicationBootstrap(): void {
    this.running = this.run();
    this.timer = setInterval(() => {
      this.running = this.run();
    }, everyMs).unref();
  }

  /** Before the database goes. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    for (const [what, task] of Object.entries(this.tasks)) {
      try {
        await task();
      } catch (error) {
        this.logger.error(`Not looked after: ${what}`, error);
      }
    }
  }
}
