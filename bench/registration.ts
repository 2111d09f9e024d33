import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Client } from 'pg';
import { benchBacking } from './backing';
import { startChild } from './child';

const registrations = 10_000;
const connections = 32;
/** What else the machine does disturbs one round, not the middle of three. */
const rounds = 3;

/**
 * New devices over `POST /push/device/create`, each with an activation that is known here, against a Fastify route that
 * inserts the same columns and checks nothing. Both on the same database, each in a process of its own.
 */
export async function registration(): Promise<object> {
  const database = await (await benchBacking()).database();
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  await sql.query("INSERT INTO applications (id, name) VALUES (1, 'Mobile bank')");
  const servers: ChildProcess[] = [];
  const start = async (kind: string) => {
    const { ready, process } = await startChild('registration-server.ts', kind, database.url);
    servers.push(process);
    return (ready as { url: string }).url;
  };
  try {
    const carillon = await start('carillon');
    const bare = await start('bare');
    // The first of each warms it up.
    const runs: { carillon: number; bare: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      await sql.query(
        `WITH people AS (INSERT INTO users SELECT $1 || n FROM generate_series(1, $2::int) AS n RETURNING id)
         INSERT INTO activations (id, user_id, status) SELECT id, id, 'ACTIVE' FROM people`,
        [`${round}-`, registrations],
      );
      await sql.query('CHECKPOINT');
      runs.push({ bare: await measure(bare, round), carillon: await measure(carillon, round) });
    }
    const measured = runs.slice(1);
    const { rows } = await sql.query<{ stored: number }>(
      'SELECT count(*)::int AS stored FROM activations JOIN devices ON devices.id = device_id',
    );
    if (rows[0]?.stored !== registrations * runs.length) throw new Error('Not all are registered');
    return {
      bench: 'registration',
      registrations,
      connections,
      ratio: Math.round(median(measured.map((run) => run.carillon / run.bare)) * 100) / 100,
      perSecond: Math.round(median(measured.map((run) => run.carillon))),
      barePerSecond: Math.round(median(measured.map((run) => run.bare))),
    };
  } finally {
    for (const server of servers) server.kill();
    await sql.end();
    await database.drop();
  }
}

/** @returns registrations per second */
async function measure(url: string, round: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = Array.from({ length: registrations }, (_, n) => {
    const activationId = `${round}-${n + 1}`;
    const token = randomBytes(32).toString('hex');
    return JSON.stringify({ requestObject: { appId: 1, token, platform: 'ios', activationId } });
  });
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        await post(`${url}/push/device/create`, agent, body);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return registrations / seconds;
}

function post(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sending = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`Status ${response.statusCode ?? 0}`));
      });
    });
    sending.on('error', reject).end(body);
  });
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
