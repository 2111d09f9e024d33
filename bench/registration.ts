import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startApi } from './kit/api';
import { benchBacking } from './kit/backing';
import { type Child, startServer } from './kit/child';
import { postAll } from './kit/http-load';
import { median, rounded } from './kit/statistics';

/** The registrations of one round. */
export const registrations = 10_000;
/** The number of rounds: what else the machine does disturbs one of them, not the middle of three. */
const rounds = 3;

/**
 * Measures new devices over `POST /push/device/create`, each with an activation that is known here, against a Fastify
 * route that inserts the same columns and checks nothing. Both use one database, each in a process of its own.
 */
export async function registration(): Promise<object> {
  const database = await (await benchBacking()).database();
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  await sql.query("INSERT INTO applications (id, name) VALUES (1, 'Mobile bank')");
  const servers: Child[] = [];
  const start = async (starting: Promise<Child & { readonly url: string }>) => {
    const server = await starting;
    servers.push(server);
    return server.url;
  };
  try {
    const carillon = await start(startApi(database.url, { POWERAUTH_COMPAT: 'open' }));
    const bare = await start(startServer('bare-registrations.ts', [database.url]));
    // The first of each warms it up.
    const runs: { carillon: number; bare: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      await addActivations(sql, round);
      await sql.query('CHECKPOINT');
      runs.push({
        bare: await registerAll(bare, round),
        carillon: await registerAll(carillon, round),
      });
    }
    const measured = runs.slice(1);
    const { rows } = await sql.query<{ stored: number }>(
      'SELECT count(*)::int AS stored FROM activations JOIN devices ON devices.id = device_id',
    );
    if (rows[0]?.stored !== registrations * runs.length) throw new Error('Not all are registered');
    return {
      bench: 'registration',
      registrations,
      ratio: rounded(median(measured.map((run) => run.carillon / run.bare))),
      perSecond: Math.round(median(measured.map((run) => run.carillon))),
      barePerSecond: Math.round(median(measured.map((run) => run.bare))),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await sql.end();
    await database.drop();
  }
}

/** Adds the activations that one round registers with. */
export async function addActivations(sql: Client, round: number): Promise<void> {
  await sql.query(
    `WITH people AS (INSERT INTO users SELECT $1 || n FROM generate_series(1, $2::int) AS n RETURNING id)
     INSERT INTO activations (id, user_id, status) SELECT id, id, 'ACTIVE' FROM people`,
    [`${round}-`, registrations],
  );
}

/** Registers new devices for a round's activations. @returns registrations per second */
export function registerAll(
  url: string,
  round: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const bodies = Array.from({ length: registrations }, (_, n) => {
    const activationId = `${round}-${n + 1}`;
    const token = randomBytes(32).toString('hex');
    return JSON.stringify({ requestObject: { appId: 1, token, platform: 'ios', activationId } });
  });
  return postAll(`${url}/push/device/create`, bodies, headers);
}
