import { chmodSync, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { benchBacking, newFolder } from './kit/backing';
import { startProgram } from './kit/child';
import { rounded } from './kit/statistics';

const megabyte = 1024 ** 2;

interface Server {
  readonly url: string;
  readonly memoryUrl: string;
  readonly email: string;
  readonly password: string;
}

/**
 * Measures an upload of a campaign's users, a million unless told otherwise, in one request of CSV, against
 * PostgreSQL's own COPY of the same rows from a file beside it into the same table. The API is in a process of its own,
 * whose memory is compared with what it has when idle, after a first small upload and with its garbage collected.
 */
export async function upload(rows = '1000000'): Promise<object> {
  const total = Number(rows);
  const database = await (await benchBacking()).database();
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  const { child, ready } = await startProgram('upload-server.ts', [database.url]);
  const folder = newFolder();
  try {
    const { memoryUrl, ...api } = ready as Server;
    const upload = await uploader(api, sql);
    await upload(10_000);
    await memory(memoryUrl, 'POST');
    await sleep(2_000);
    const idleBytes = await memory(memoryUrl, 'POST');

    const copied = await copy(sql, folder, total);
    await sql.query('CHECKPOINT');
    const uploaded = await upload(total);
    const peakBytes = await memory(memoryUrl, 'GET');
    return {
      bench: 'upload',
      rows: total,
      ratio: rounded(uploaded / copied),
      rowsPerSecond: Math.round(uploaded),
      copyRowsPerSecond: Math.round(copied),
      idleMegabytes: Math.round(idleBytes / megabyte),
      peakAboveIdleMegabytes: Math.round((peakBytes - idleBytes) / megabyte),
    };
  } finally {
    await child.stop();
    await sql.end();
    await database.drop();
  }
}

async function memory(url: string, method: string): Promise<number> {
  return Number(await (await fetch(url, { method })).text());
}

/** Uploads a number of users into a new draft. @returns a function that gives rows per second */
async function uploader({ url, email, password }: Omit<Server, 'memoryUrl'>, sql: Client) {
  await sql.query("INSERT INTO applications (id, name) VALUES (1, 'Mobile bank')");
  const login = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query:
        'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }',
      variables: { email, password },
    }),
  });
  const { data } = (await login.json()) as { data: { login: { token: string } } };
  return async (total: number): Promise<number> => {
    const id = await newDraft(sql);
    const startedAt = performance.now();
    const response = await fetch(`${url}/upload/campaigns/${id}/users`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${data.login.token}` },
      body: Readable.toWeb(Readable.from(lines(total, 'userId\n'))),
      duplex: 'half',
    });
    const report = (await response.json()) as { added?: number };
    if (report.added !== total) throw new Error(`Not all were added: ${JSON.stringify(report)}`);
    return perSecond(total, startedAt);
  };
}

/** Copies the users by COPY. @returns rows per second */
async function copy(sql: Client, folder: string, total: number): Promise<number> {
  const id = await newDraft(sql);
  const file = join(folder, 'users');
  // PostgreSQL may run as another user.
  chmodSync(folder, 0o755);
  await pipeline(lines(total), createWriteStream(file));
  await sql.query('CHECKPOINT');
  await sql.query(`ALTER TABLE campaign_users ALTER campaign_id SET DEFAULT ${id}`);
  const startedAt = performance.now();
  await sql.query(`COPY campaign_users (user_id) FROM '${file}'`);
  const rate = perSecond(total, startedAt);
  await sql.query('ALTER TABLE campaign_users ALTER campaign_id DROP DEFAULT');
  return rate;
}

async function newDraft(sql: Client): Promise<number> {
  const { rows } = await sql.query<{ id: number }>(
    `WITH message AS (
       INSERT INTO messages (id, application_id, priority, content, state)
       VALUES (gen_random_uuid(), 1, 'campaign', '{"title":"Hello"}', 'draft') RETURNING id)
     INSERT INTO campaigns (message_id, name) SELECT id, 'Bench' FROM message RETURNING id`,
  );
  return rows[0]?.id ?? 0;
}

/** Lists user ids in no order, as an export has them. */
function* lines(total: number, header = ''): Generator<Buffer> {
  let chunk = header;
  for (let n = 0; n < total; n++) {
    // Odd, so that no id comes twice.
    chunk += `user-${((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}\n`;
    if (chunk.length < 65_536 && n < total - 1) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
}

const perSecond = (total: number, startedAt: number) =>
  total / ((performance.now() - startedAt) / 1_000);
