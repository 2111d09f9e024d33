import { type Allowance, Allowances } from '@app/auth';
import { Config, RateLimitedError } from '@app/core';
import { Injectable } from '@nestjs/common';

const daySeconds = 86_400;

/** Knows how many keys each caller has used, and how much of what he was answered is kept; both for a day. */
@Injectable()
export class KeyQuotas {
  private readonly keys: Allowance;
  /** In kibibytes, for a counter of bytes would run over. */
  private readonly answers: Allowance;

  constructor(
    private readonly allowances: Allowances,
    { idempotencyKeysPerDay, idempotencyMegabytesPerDay }: Config,
  ) {
    const daily = (name: string, what: string, most: number) => ({
      ...{ name: `idempotency:${name}`, what, most, windowSeconds: daySeconds },
    });
    this.keys = daily('keys', 'idempotency keys a day', idempotencyKeysPerDay);
    const kibibytes = idempotencyMegabytesPerDay * 1024;
    this.answers = daily('answers', 'KiB of answers kept a day', kibibytes);
  }

  /** Counts a new key. @throws AllowanceUsedUpError before anything is done with it */
  async open(caller: string): Promise<void> {
    if (this.answers.most > 0) await this.allowances.take(this.answers, caller, 0);
    if (this.keys.most > 0) await this.allowances.take(this.keys, caller);
  }

  /** Counts what is kept under a key; it is kept even where it is the last that may be. */
  async keep(caller: string, bytes: number): Promise<void> {
    if (this.answers.most === 0) return;
    try {
      await this.allowances.take(this.answers, caller, Math.ceil(bytes / 1024));
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error; // others used it up meanwhile
    }
  }
}
