import type { Socket } from 'node:net';
import { Client, type ClientConfig, DatabaseError } from 'pg';

/** How long it may take from the first packet to a session. */
const connectWithinMs = 10_000;

/** How long a connection may be silent until it is looked after. */
const defaultSilenceMs = 30_000;

/** How long the farewell may take. */
const endWithinMs = 3_000;

/** The code of a server that became a standby: a new connection finds the new primary. */
const readOnly = '25006';

export interface WatchedConfig extends ClientConfig {
  /** Replaces the default of half a minute. */
  readonly silenceMs?: number;
}

/** The members of pg that its types do not have. */
interface Inside {
  readonly processID: number | null;
  readonly readyForQuery: boolean;
  readonly connection: {
    readonly stream: Socket;
    on(event: 'errorMessage', listener: (error: DatabaseError) => void): unknown;
  };
}

const insideOf = (client: Client) => client as unknown as Inside;

/**
 * A connection to PostgreSQL that its process survives, and that never waits for an answer that can't come.
 *
 * An error of a connection that nobody listens to would end the process, and there are moments when nobody does: pools
 * take their listener off before they hand a new connection over. Whoever uses it hears of the error from the statement.
 *
 * Statements may take as long as they like: planning and migrations do. But a peer that is gone without a word looks
 * like one that works. So after each half minute without a byte a second connection asks whether PostgreSQL still works
 * on the statement of this one. Where it does not, or can't be asked, this one is cut.
 */
export class WatchedClient extends Client {
  private readonly silenceMs: number;

  constructor(private readonly settings: WatchedConfig = {}) {
    super({
      connectionTimeoutMillis: connectWithinMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      ...settings,
    });
    this.silenceMs = settings.silenceMs ?? defaultSilenceMs;
    this.on('error', () => undefined);
    this.once('connect', () => {
      this.watch();
    });
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    const { stream } = insideOf(this).connection;
    // A peer that is gone does not say goodbye.
    setTimeout(() => stream.destroy(), endWithinMs).unref();
    if (callback === undefined) return super.end();
    super.end(callback);
    return undefined;
  }

  private watch(): void {
    const { connection } = insideOf(this);
    const { stream } = connection;
    stream.setTimeout(this.silenceMs).on('timeout', () => {
      void this.lookAfter(stream).finally(() => stream.setTimeout(this.silenceMs));
    });
    connection.on('errorMessage', ({ code }) => {
      if (code === readOnly) stream.destroy();
    });
  }

  private async lookAfter(stream: Socket): Promise<void> {
    if (stream.destroyed) return;
    if (insideOf(this).readyForQuery) {
      // Who listens for notifications hears nothing of a lost peer, unless something is asked: the next look tells.
      this.query('SELECT 1').catch(() => undefined);
      return;
    }
    const { bytesRead } = stream;
    const why = await this.whyLost();
    if (why === undefined || stream.bytesRead !== bytesRead) return;
    stream.destroy(new Error(`The connection to PostgreSQL fell silent: ${why}`));
  }

  /** @returns why no answer can come any more, as far as PostgreSQL can be asked */
  private async whyLost(): Promise<string | undefined> {
    const other = new Client({
      ...this.settings,
      connectionTimeoutMillis: connectWithinMs,
      query_timeout: connectWithinMs,
      application_name: 'carillon watch',
    });
    other.on('error', () => undefined);
    try {
      await other.connect();
      const { rows } = await other.query<{ own: number; state: string | null }>(
        'SELECT pg_backend_pid() AS own, (SELECT state FROM pg_stat_activity WHERE pid = $1) AS state',
        [insideOf(this).processID],
      );
      const [row] = rows;
      // Behind a pooler the numbers are its own, and tell nothing.
      if (row?.own !== insideOf(other).processID) return undefined;
      return row.state === 'active' ? undefined : `its session is ${row.state ?? 'gone'}`;
    } catch (error) {
      // It speaks: it starts, stops, or has no session to spare.
      if (error instanceof DatabaseError) return undefined;
      return `no other one comes about (${String(error)})`;
    } finally {
      insideOf(other).connection.stream.destroy();
    }
  }
}
