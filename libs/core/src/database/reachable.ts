import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { ConfigError } from '../config/config';

/** PostgreSQL's codes for a URL that will not get better: password, user, database. */
const wrongUrl = new Set(['28P01', '28000', '3D000']);

/** PostgreSQL's codes while it starts, stops, or has no session to spare, and the network's. */
const passing =
  /^(08|57P0|25P03|53300|ECONN|EHOST|ENET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOENT$)/;

/**
 * PostgreSQL's classes for what another try may get done: conflicts with others, want of resources, objects in use,
 * interventions, trouble with its files or of its own.
 */
const passingHere = /^(40|53|55|57|58|XX)/;

/** Messages of pg, which has no codes. */
const cut = /^(Connection terminated|timeout e|Client has encountered a connection error)/;

/** Tells whether the database, or the way to it, is away at the moment, so that the same is worth another try. */
export function isAway(error: Error): boolean {
  const { code, message } = error as { code?: unknown; message: string };
  return typeof code === 'string' ? passing.test(code) : cut.test(message);
}

/** Tells whether the database is away, or can't do something at the moment; else the same will fail each time. */
export function mayPass(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return isAway(error) || (typeof code === 'string' && passingHere.test(code));
}

/** How long a start waits for its database, which may be starting as well. */
const defaultPatienceMs = 30_000;

const retryMs = 1_000;

/** The database is away at the moment. The message says where, and nothing of the credentials. */
export class DatabaseAwayError extends Error {
  /** The code EX_UNAVAILABLE of sysexits.h: a later start may succeed. */
  readonly exitCode = 69;

  constructor(databaseUrl: string, reason: string) {
    super(`The database at ${addressOf(databaseUrl)} can't be reached: ${reason}`);
    this.name = 'DatabaseAwayError';
  }
}

/** The server takes no writes: it is a standby, or is being made the primary. */
export class ReadOnlyServerError extends Error {
  readonly code = '57P03';

  constructor() {
    super('it takes no writes; it is a standby');
    this.name = 'ReadOnlyServerError';
  }
}

/**
 * Makes the first connection, again and again for half a minute while the database is away.
 * @throws DatabaseAwayError
 * @throws ConfigError when the URL is wrong
 */
export async function reachable<Connection>(
  databaseUrl: string,
  connect: () => Promise<Connection>,
  patienceMs = defaultPatienceMs,
): Promise<Connection> {
  const logger = new Logger('Database');
  const giveUpAt = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect();
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      const { code = '', message } = error as { code?: string; message: string };
      const reason = message || code;
      if (wrongUrl.has(code) || message.includes('SSL')) {
        throw new ConfigError([`DATABASE_URL: the database can't be used: ${reason}`]);
      }
      if (!isAway(error as Error)) throw error;
      if (performance.now() > giveUpAt) throw new DatabaseAwayError(databaseUrl, reason);
      if (attempt === 1)
        logger.warn(`Waiting for the database at ${addressOf(databaseUrl)}: ${reason}`);
      await sleep(retryMs);
    }
  }
}

function addressOf(databaseUrl: string): string {
  const { hostname, port } = new URL(databaseUrl);
  return `${hostname}:${port || '5432'}`;
}
