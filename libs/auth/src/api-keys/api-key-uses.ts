import { Clock, freshFor } from '@app/core';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';

const noteEveryMs = 60_000;
const secretsRemembered = 10_000;

/** Several processes note the same use, and their minutes begin at different moments. */
const note = `
  UPDATE api_key_secrets SET last_used_at = $2, last_used_address = $3
  WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at <= $2::timestamptz - interval '30 seconds')`;

/** Notes when, and from where, secrets of API keys were used: each at most once a minute. */
@Injectable()
export class ApiKeyUses implements OnApplicationShutdown {
  private readonly logger = new Logger(ApiKeyUses.name);
  private readonly noted: LRUCache<string, true>;
  private readonly noting = new Set<Promise<void>>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    this.noted = new LRUCache({ max: secretsRemembered, ...freshFor(clock, noteEveryMs) });
  }

  /** Notes a use without making the caller wait. @param prefix for the log, where it fails */
  note(hash: string, prefix: string, address: string | undefined): void {
    if (this.noted.has(hash)) return;
    this.noted.set(hash, true);
    const noting = this.dataSource
      .query(note, [hash, this.clock.now(), address ?? null])
      .then(
        () => undefined,
        (error: unknown) => {
          this.logger.warn(`The use of the API key ${prefix} was not noted: ${String(error)}`);
        },
      )
      .finally(() => this.noting.delete(noting));
    this.noting.add(noting);
  }

  /** Waits for the last notes, while the database is still open. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.noting);
  }
}
