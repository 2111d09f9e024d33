import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startApi } from './kit/api';
import { benchBacking, newFolder } from './kit/backing';
import { BenchCaller } from './kit/caller';
import { type Child, startServer } from './kit/child';
import { postAll } from './kit/http-load';
import { median, rounded } from './kit/statistics';

const requests = 2_000;
/** The number of rounds: what else the machine does disturbs one of them, not the middle of five. */
const rounds = 5;
const devices = 10_000;
const campaigns = 100;

const operations = {
  device: {
    query: `query ($id: ID!) {
      device(id: $id) { id platform token registeredAt retiredAt application { id name } } }`,
    variables: (n: number) => ({ id: String((n % devices) + 1) }),
  },
  campaigns: {
    query: `query { campaigns(first: 50) {
      edges { cursor node {
        id name state createdAt users application { id name } message { title body }
        counts { total pending accepted failed skipped expired } } }
      pageInfo { hasNextPage endCursor } } }`,
    variables: () => ({}),
  },
  registerDevice: {
    query: `mutation ($input: RegisterDeviceInput!) {
      registerDevice(input: $input) { id platform token } }`,
    variables: (n: number) => ({
      input: {
        applicationId: '1',
        platform: 'IOS',
        token: randomBytes(32).toString('hex'),
        userId: `user-${n}`,
      },
    }),
  },
};
type Operation = keyof typeof operations;

/**
 * Measures three operations of a front end against our API, with a client's token, and against a bare Apollo Server on
 * Fastify that answers the same by one hand-written statement each. Both use one database, each in its own process.
 */
export async function graphql(): Promise<object> {
  const database = await (await benchBacking()).database();
  const folder = newFolder();
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  const servers: Child[] = [];
  const start = async (starting: Promise<Child & { readonly url: string }>) => {
    const server = await starting;
    servers.push(server);
    return server.url;
  };
  try {
    const caller = new BenchCaller([
      'applications:read',
      'campaigns:read',
      'devices:read',
      'devices:write',
    ]);
    const carillon = await start(
      startApi(database.url, { PROVISION_FILE: caller.provision(folder) }),
    );
    const bare = await start(startServer('bare-graphql.ts', [database.url]));
    await fill(sql);
    const headers = await caller.authorization(carillon);
    await compare(carillon, bare, headers);
    const results: Record<string, unknown> = {};
    for (const name of Object.keys(operations) as Operation[]) {
      const runs: { carillon: number; bare: number }[] = [];
      for (let round = 0; round <= rounds; round++) {
        runs.push({
          bare: await postAll(`${bare}/graphql`, bodies(name)),
          carillon: await postAll(`${carillon}/graphql`, bodies(name), headers),
        });
      }
      const measured = runs.slice(1); // the first warms up
      results[name] = {
        ratio: rounded(median(measured.map((run) => run.carillon / run.bare))),
        perSecond: Math.round(median(measured.map((run) => run.carillon))),
        barePerSecond: Math.round(median(measured.map((run) => run.bare))),
      };
    }
    return { bench: 'graphql', requests, ...results };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await sql.end();
    await database.drop();
  }
}

const bodies = (name: Operation) => Array.from({ length: requests }, (_, n) => bodyOf(name, n));

function bodyOf(name: Operation, n: number): string {
  const { query, variables } = operations[name];
  return JSON.stringify({ query, variables: variables(n) });
}

async function fill(sql: Client): Promise<void> {
  await sql.query(
    `INSERT INTO devices (application_id, platform, token)
     SELECT 1, 'ios', md5(n::text) || md5(n::text) FROM generate_series(1, $1::int) AS n`,
    [devices],
  );
  await sql.query(
    `WITH message AS (
       INSERT INTO messages (id, application_id, priority, state, content)
       SELECT gen_random_uuid(), 1, 'campaign', 'completed', '{"title":"Spring offer","body":"3 %","silent":false}'
       FROM generate_series(1, $1::int) RETURNING id
     ), chunk AS (
       INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, state, accepted)
       SELECT id, 'apns', number, 1, 'campaign', number * 1000, 1000, 'finished', 1000 FROM message, generate_series(0, 4) AS number
     ), campaign AS (
       INSERT INTO campaigns (message_id, name) SELECT id, 'Spring' FROM message RETURNING id
     )
     INSERT INTO campaign_users SELECT campaign.id, 'user-' || n FROM campaign, generate_series(1, 100) AS n`,
    [campaigns],
  );
  await sql.query('ANALYZE');
}

/** @throws Error unless both answer, and with the same number of things: a server that answers errors is fast */
async function compare(carillon: string, bare: string, headers: object): Promise<void> {
  for (const name of Object.keys(operations) as Operation[]) {
    const answers = await Promise.all(
      [carillon, bare].map(async (url) => {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: bodyOf(name, 1),
        });
        return (await response.json()) as { data?: object; errors?: unknown };
      }),
    );
    const shapes = answers.map(({ data, errors }) => {
      if (errors !== undefined) throw new Error(`${name}: ${JSON.stringify(errors)}`);
      return JSON.stringify(data).match(/"\w+":/g)?.length;
    });
    if (shapes[0] !== shapes[1]) throw new Error(`${name}: the answers differ`);
  }
}
