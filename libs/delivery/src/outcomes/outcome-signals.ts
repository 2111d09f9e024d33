import { Config, WatchedClient } from '@app/core';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

/** The channel on which the recorder says that a transactional message has results; the payload is the message's id. */
export const outcomeChannel = 'carillon_outcomes';

/**
 * Tells those who wait for outcomes when to look. One connection to the database listens for all; it is opened for the
 * first, and again by the next look after it broke. A signal may get lost with it, so nobody waits for one for long.
 */
@Injectable()
export class OutcomeSignals implements OnApplicationShutdown {
  private readonly logger = new Logger(OutcomeSignals.name);
  /** Who watches a message, by its id. */
  private readonly watches = new Map<string, Set<OutcomeWatch>>();
  private client: WatchedClient | undefined;
  private isListening = false;

  constructor(private readonly config: Config) {}

  /** Watches messages until it is closed. */
  watch(messageIds: readonly string[]): OutcomeWatch {
    const watch = new OutcomeWatch({
      pollMs: () => {
        this.listen();
        return this.isListening ? 1_000 : 250;
      },
      onClose: () => {
        for (const id of messageIds) this.leave(id, watch);
      },
    });
    for (const id of messageIds) {
      const others = this.watches.get(id);
      if (others === undefined) this.watches.set(id, new Set([watch]));
      else others.add(watch);
    }
    this.listen();
    return watch;
  }

  async onApplicationShutdown(): Promise<void> {
    const { client } = this;
    this.lose(client);
    await client?.end().catch(() => undefined);
  }

  private leave(messageId: string, watch: OutcomeWatch): void {
    const watches = this.watches.get(messageId);
    watches?.delete(watch);
    if (watches?.size === 0) this.watches.delete(messageId);
  }

  private listen(): void {
    if (this.client !== undefined) return;
    const { databaseUrl } = this.config;
    const client = new WatchedClient({
      ...(databaseUrl !== undefined && { connectionString: databaseUrl }),
      application_name: 'carillon outcomes',
    });
    this.client = client;
    client.on('error', (error) => {
      this.logger.warn(`Outcomes are looked up until the connection is back: ${error.message}`);
      this.lose(client);
    });
    client.on('end', () => {
      this.lose(client);
    });
    client.on('notification', ({ payload = '' }) => {
      for (const watch of this.watches.get(payload) ?? []) watch.signal();
    });
    void this.start(client);
  }

  private async start(client: WatchedClient): Promise<void> {
    try {
      await client.connect();
      await client.query(`LISTEN ${outcomeChannel}`);
      this.isListening = this.client === client;
    } catch (error) {
      this.logger.warn(`Outcomes are looked up, not listened for: ${String(error)}`);
      this.lose(client);
      await client.end().catch(() => undefined);
    }
  }

  private lose(client: WatchedClient | undefined): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.isListening = false;
  }
}

interface WatchPort {
  /** Returns for how long a look may rely on the signal. */
  pollMs(): number;
  onClose(): void;
}

class OutcomeWatch {
  private hasNews = false;
  private wake: (() => void) | undefined;

  constructor(private readonly port: WatchPort) {}

  signal(): void {
    this.hasNews = true;
    this.wake?.();
  }

  /** Resolves when there may be news since the last call, or when `withinMs` are over. */
  async next(withinMs: number): Promise<void> {
    if (!this.hasNews) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(withinMs, this.port.pollMs()));
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.hasNews = false;
    this.wake = undefined;
  }

  close(): void {
    this.port.onClose();
  }
}
