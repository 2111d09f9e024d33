import { randomUUID, generateKeyPairSync, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { runProcess, SystemClock } from '@app/core';
import { type ApnsCredential, gatewayKinds } from '@app/push';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Pool } from 'pg';

/**
 * Runs `bare-notifications.ts <database URL> <gateway URL> <file of its CA>` in a process of its own: a route that inserts
 * a row, posts the message by our own gateway connection, and updates the row, with no check of anything and no promise
 * if it dies between. Prints its URL as one line of JSON.
 */
const [databaseUrl = '', url = '', caFile = ''] = process.argv.slice(2);

/** The sink does not look at it. */
const credential: ApnsCredential = {
  bundle: 'com.example.bank',
  keyId: 'BENCH00001',
  teamId: 'BENCH00001',
  environment: 'production',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
};

interface Body {
  readonly requestObject: {
    readonly appId: number;
    readonly message: {
      readonly userId: string;
      readonly body: { readonly title: string; readonly body: string };
    };
  };
}

void runProcess(async () => {
  const pool = new Pool({ connectionString: databaseUrl, max: 10 });
  await pool.query(
    `CREATE TABLE bare_notifications (
       id uuid PRIMARY KEY, application_id integer NOT NULL, user_id text NOT NULL, content jsonb NOT NULL,
       state text NOT NULL DEFAULT 'pending', created_at timestamptz NOT NULL DEFAULT now())`,
  );
  const gateway = gatewayKinds.apns.open(credential, {
    url,
    ca: readFileSync(caFile, 'utf8'),
    clock: new SystemClock(),
  });
  const server = new FastifyAdapter().getInstance();
  server.post('/push/message/send', async (request) => {
    const { appId, message } = (request.body as Body).requestObject;
    const id = randomUUID();
    await pool.query(
      'INSERT INTO bare_notifications (id, application_id, user_id, content) VALUES ($1, $2, $3, $4)',
      [id, appId, message.userId, message.body],
    );
    const token = createHash('sha256').update(message.userId).digest('hex');
    const prepared = gateway.prepare({ ...message.body, silent: false });
    const outcome = await prepared.deliver({ token, deliveryId: id });
    await pool.query('UPDATE bare_notifications SET state = $2 WHERE id = $1', [id, outcome.class]);
    const sent = outcome.class === 'accepted' ? 1 : 0;
    const ios = { sent, failed: 1 - sent, pending: 0, total: 1 };
    return { status: 'OK', responseObject: { ios } };
  });
  const serverUrl = await server.listen({ host: '127.0.0.1', port: 0 });
  process.stdout.write(`${JSON.stringify({ url: serverUrl })}\n`);
  return {
    close: async () => {
      await server.close();
      await gateway.close();
      await pool.end();
    },
  };
});
