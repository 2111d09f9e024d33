import { Client } from 'pg';
import { startApi } from './kit/api';
import { benchBacking, newFolder } from './kit/backing';
import { BenchCaller } from './kit/caller';
import type { Child } from './kit/child';
import { median, rounded } from './kit/statistics';
import { addActivations, registerAll, registrations } from './registration';

/** The number of rounds, each of which measures both; even, so that neither has always the smaller tables. */
const rounds = 6;

/**
 * Measures what it costs to know who asks: `POST /push/device/create` with an OAuth client's access token, against the
 * same route of a server that has POWERAUTH_COMPAT=open. Both use one database, each in a process of its own.
 */
export async function auth(): Promise<object> {
  const database = await (await benchBacking()).database();
  const folder = newFolder();
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  const servers: Child[] = [];
  const start = async (environment: NodeJS.ProcessEnv) => {
    const server = await startApi(database.url, environment);
    servers.push(server);
    return server.url;
  };
  try {
    const caller = new BenchCaller(['devices:write']);
    const token = await start({
      POWERAUTH_COMPAT: 'token',
      PROVISION_FILE: caller.provision(folder),
    });
    const open = await start({ POWERAUTH_COMPAT: 'open' });
    const headers = await caller.authorization(token);
    const runs: { open: number; token: number }[] = [];
    // The first warms them up.
    for (let round = 0; round <= rounds; round++) {
      await addActivations(sql, 2 * round);
      await addActivations(sql, 2 * round + 1);
      await sql.query('CHECKPOINT');
      const measure = {
        open: () => registerAll(open, 2 * round),
        token: () => registerAll(token, 2 * round + 1, headers),
      };
      const run = { open: 0, token: 0 };
      const order = round % 2 === 0 ? (['open', 'token'] as const) : (['token', 'open'] as const);
      for (const kind of order) run[kind] = await measure[kind]();
      runs.push(run);
    }
    const measured = runs.slice(1);
    return {
      bench: 'auth',
      registrations,
      addedPercent: Math.round((median(measured.map((run) => run.open / run.token)) - 1) * 100),
      ratio: rounded(median(measured.map((run) => run.token / run.open))),
      perSecond: Math.round(median(measured.map((run) => run.token))),
      openPerSecond: Math.round(median(measured.map((run) => run.open))),
    };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await sql.end();
    await database.drop();
  }
}
