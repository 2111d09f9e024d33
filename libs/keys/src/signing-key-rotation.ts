import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { SigningKeys } from './signing-keys';

const everyMs = 3_600_000;

/** Looks after the signing keys at the start and every hour; any number of processes may. */
@Injectable()
export class SigningKeyRotation implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SigningKeyRotation.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly keys: SigningKeys) {}

  onApplicationBootstrap(): void {
    this.maintain();
    this.timer = setInterval(() => {
      this.maintain();
    }, everyMs).unref();
  }

  /** Before the database goes. */
  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private maintain(): void {
    this.running = this.keys.maintain().catch((error: unknown) => {
      this.logger.error('The signing keys were not looked after', error);
    });
  }
}
