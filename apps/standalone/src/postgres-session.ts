import { Client } from 'pg';

const connectWithinMs = 5_000;

/** What PostgreSQL says while it starts or stops, or has no session to spare, and what the network says. */
const passing = /^(08|57P0|53300|E)/;

/** A session, not opened yet, whose end at whatever moment does not end the process. */
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

/** Whether the server is away only just now, so that the same is worth another try. */
export function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return code === undefined ? /terminated|timeout/.test(message) : passing.test(code);
}
