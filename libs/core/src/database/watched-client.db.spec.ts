import { Client, Pool } from 'pg';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { PostgresRelay } from '@app/testing/postgres-relay';
import { WatchedClient } from './watched-client';

let database: TestDatabase;
let relay: PostgresRelay;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  relay = await PostgresRelay.start(database.url);
});
afterEach(() => relay.close());

async function connected(silenceMs = 100): Promise<WatchedClient> {
  const client = new WatchedClient({ connectionString: relay.url, silenceMs });
  await client.connect();
  return client;
}

const endOf = (client: Client) =>
  new Promise<void>((resolve) => {
    client.once('end', resolve);
  });

describe('a connection to PostgreSQL', () => {
  it('that PostgreSQL ends as it begins is an error of its statement, and of nothing else', async () => {
    relay.endsSessionsAtOnce = true;
    const settings = { connectionString: relay.url, Client: WatchedClient };
    const pool = new Pool(settings);
    pool.on('error', () => undefined);
    // Time passes between a pool's hand-over and the first statement.
    const client = await pool.connect();
    await endOf(client);
    await expect(client.query('SELECT 1')).rejects.toThrow('not queryable');
    client.release();
    relay.endsSessionsAtOnce = false;
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('that fell silent is cut, so that its statement fails', async () => {
    const client = await connected();
    relay.silence();
    await expect(client.query('SELECT 1')).rejects.toThrow('fell silent: its session is idle');
  });

  it('that fell silent is cut where no other comes about either', async () => {
    const client = await connected();
    relay.silence();
    relay.isDeaf = true;
    await expect(client.query('SELECT 1')).rejects.toThrow('fell silent: no other one comes about');
  });

  it('that works long on a statement is left alone, as is one that waits for a lock', async () => {
    const [client, holder] = await Promise.all([connected(), connected()]);
    await holder.query('SELECT pg_advisory_lock(7)');
    const waiting = client.query('SELECT pg_advisory_lock(7)');
    await holder.query('SELECT pg_sleep(2)');
    await holder.query('SELECT pg_advisory_unlock(7)');
    await waiting;
    await Promise.all([client.end(), holder.end()]);
  });

  it('that only listens, and fell silent, ends', async () => {
    const client = await connected();
    await client.query('LISTEN something');
    relay.silence();
    await endOf(client);
  });

  it('to a server that takes no writes any more is not used again', async () => {
    const client = await connected();
    await client.query('SET default_transaction_read_only = on');
    const ended = endOf(client);
    await expect(client.query('CREATE TABLE written ()')).rejects.toMatchObject({ code: '25006' });
    await ended;
  });

  it('ends though its peer does not say goodbye', async () => {
    const client = await connected(60_000);
    relay.silence();
    await client.end();
  });

  it('is plain pg where nothing goes wrong', async () => {
    const client = await connected();
    expect(client).toBeInstanceOf(Client);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});
