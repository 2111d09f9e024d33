import { Client } from 'pg';

const connectWithinMs = 5_000;

/** Matches PostgreSQL's errors while it starts or stops, or has no session to spare, and the network's errors. */
const passing = /^(08|57P0|53300|E)/;

/** Makes a session, not opened yet; its end at whatever moment does not end the process. */
export function sessionOf(url: string, applicationName = 'carillon'): Client {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: connectWithinMs,
    keepAlive: true,
    application_name: applicationName,
  });
  client.on('error', () => undefined); // whoever waits for an answer is told, and `end` follows
  return client;
}

/** Tells whether the server is away only for now, so that the same is worth another try. */
export function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return code === undefined ? /terminated|timeout/.test(message) : passing.test(code);
}
