import { hash } from '@node-rs/argon2';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { PostgresRelay } from '@app/testing/postgres-relay';
import { until } from '@app/testing/time';
import { type Api, startApi } from '../src/start';
import { testConfig } from '@app/testing/config';

const owner = { email: 'owner@example.com', password: 'a long enough password' };
const LOGIN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { token }
}`;
const CREATE = 'mutation { createApplication(input: { name: "Bank" }) { id } }';

interface Answered {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

describe('while the database is away', () => {
  let database: TestDatabase;
  let relay: PostgresRelay;
  let api: Api;
  let authorization: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `INSERT INTO operators (id, email, role, password_hash) VALUES (gen_random_uuid(), $1, 'OWNER', $2)`,
      [owner.email, await hash(owner.password)],
    );
    await client.end();
    relay = await PostgresRelay.start(database.url);
    api = await startApi(testConfig(relay.url, { POWERAUTH_COMPAT: 'open' }));
    const { body } = await graphql(LOGIN, owner);
    authorization = `Bearer ${(body as { data: { login: { token: string } } }).data.login.token}`;
    relay.endsSessionsAtOnce = true;
    relay.cut();
  });
  afterAll(async () => {
    await api.close();
    await relay.close();
    await database.drop();
  });

  const post = async (path: string, body: object, headers: object = {}): Promise<Answered> => {
    const response = await fetch(api.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  };
  const graphql = (query: string, variables: object = {}, headers: object = {}) =>
    post('/graphql', { query, variables }, headers);

  const message = 'The database is away for the moment; try again';

  it.each([
    ['a login', LOGIN, {}],
    ['a mutation', CREATE, {}],
    ['a mutation with a key', CREATE, { 'idempotency-key': 'k-1' }],
  ])('%s is refused by its name', async (_, query, headers) => {
    const { body } = await graphql(query, owner, { authorization, ...headers });
    expect(body).toMatchObject({
      errors: [{ message, extensions: { code: 'DATABASE_UNAVAILABLE' } }],
    });
  });

  const device = { appId: 1, token: 'ab'.repeat(32), platform: 'ios', activationId: 'a-1' };
  it.each([
    {
      edge: 'PowerAuth',
      path: '/push/device/create',
      body: { requestObject: device },
      says: { status: 'ERROR', responseObject: { code: 'ERROR_GENERIC', message } },
    },
    {
      edge: 'OAuth',
      path: '/api/oauth/introspect',
      body: { token: 'x' },
      says: { error: 'temporarily_unavailable', message },
    },
    {
      edge: 'uploads',
      path: '/upload/applications/1/devices',
      type: 'text/csv',
      body: {},
      says: { status: 503, detail: message, code: 'DATABASE_UNAVAILABLE' },
    },
  ])('routes of $edge answer 503, each in its own form', async ({ path, type, body, says }) => {
    const headers = { authorization, ...(type && { 'content-type': type }) };
    const answer = await post(path, body, headers);
    expect(answer).toMatchObject({ status: 503, retryAfter: '5', body: says });
  });

  it('nothing is kept under a key, and the next request after it is back goes well', async () => {
    relay.endsSessionsAtOnce = false;
    const keyed = { authorization, 'idempotency-key': 'k-1' };
    await until(async () => {
      const { body } = await graphql(CREATE, {}, keyed);
      return !JSON.stringify(body).includes('DATABASE_UNAVAILABLE');
    });
    expect(await graphql(CREATE, {}, keyed)).toMatchObject({
      body: { data: { createApplication: { id: '1' } } },
    });
  });
});
