import { randomBytes } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startApi } from '../src/start';
import { testConfig } from '@app/testing/config';
import type { ApiClient } from './api-client';
import { Callers } from './callers';
import { startInside } from './server-inside';
import { populate, type Tenancy } from './two-applications';

let api: ApiClient;
let app: NestFastifyApplication;
let callers: Callers;
let aleph: Tenancy;
const environment = {
  REQUESTS_PER_MINUTE: 'anonymous:100,user:5,session:5,operator:200,client:5,account:5',
  MASTER_KEY: randomBytes(32).toString('base64'),
};
beforeAll(async () => {
  ({ api, app } = await startInside(environment));
  await api.sql(`INSERT INTO applications (id, name) VALUES (2, 'beth')`);
  aleph = await populate(api, '1', 'aleph');
  callers = await Callers.create(api, app);
});
afterAll(() => api.close());

const operation = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query: '{ viewer { id } }' }),
};

/** Asks until it is refused. @returns the refusal, and how often it was not */
async function exhaust(ask: () => Promise<Response>) {
  let [passed, last] = [0, await ask()];
  for (; last.status !== 429 && passed < 500; passed += 1) {
    expect(last.headers.get('ratelimit')).toMatch(/^"[a-z]+";r=\d+;t=\d+$/);
    last = await ask();
  }
  return { passed, refusal: last };
}

const tooMany = expect.stringMatching(/^Your \d+ requests a minute are used up; /) as string;

describe('a caller who has used up his allowance', () => {
  it.each([
    {
      who: 'user',
      most: 5,
      ask: () => Promise.resolve(callers.user(aleph)),
      call: (client: ApiClient) => client.fetch('/graphql', operation),
      form: { errors: [{ message: tooMany, extensions: { code: 'RATE_LIMITED' } }] },
    },
    {
      who: 'client',
      most: 5,
      ask: () => callers.with('devices:write'),
      call: (client: ApiClient) =>
        client.fetch('/push/device/delete', {
          ...operation,
          body: JSON.stringify({ requestObject: { appId: 1, token: 'a' } }),
        }),
      form: { status: 'ERROR', responseObject: { message: tooMany } },
    },
    {
      who: 'session',
      most: 5,
      ask: async () => api.as(await callers.pushSessionToken(aleph)),
      call: (client: ApiClient) =>
        client.fetch(`/apispaces/${aleph.apiSpaceId}/sessions/${aleph.pushSessionId}`),
      form: { message: tooMany },
    },
    {
      who: 'anonymous',
      most: 100,
      ask: () => Promise.resolve(api.as(undefined)),
      call: (client: ApiClient) => client.fetch('/.well-known/jwks.json'),
      form: { status: 429, detail: tooMany, code: 'RATE_LIMITED' },
    },
    {
      who: 'operator',
      most: 200,
      ask: () => Promise.resolve(api),
      call: (client: ApiClient) => client.fetch('/graphql', operation),
      form: { errors: [{ extensions: { code: 'RATE_LIMITED' } }] },
    },
  ])('is refused in the form of his edge: $who', async ({ who, most, ask, call, form }) => {
    const client = await ask();
    const { passed, refusal } = await exhaust(() => call(client));
    expect(passed).toBeLessThanOrEqual(2 * most); // the minute may end in between
    expect(passed).toBeGreaterThan(0);
    const { headers } = refusal;
    expect(headers.get('ratelimit-policy')).toBe(`"${who}";q=${most};w=60`);
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"${who}";r=0;t=\\d+$`));
    expect(await refusal.json()).toMatchObject(form);
  });

  it('is so at another process as well, and holds nobody else up', async () => {
    await api.sql(`INSERT INTO oauth_clients (id, name, scopes) VALUES ('busy', 'busy', '{}')`);
    const busy = api.as(await callers.accessToken([], 'busy'));
    const { passed } = await exhaust(() => busy.fetch('/graphql', operation));
    expect(passed).toBe(5);
    await api.sql('UPDATE rate_limits SET expire = expire + 3600000'); // however long the start takes
    const second = await startApi(testConfig(api.databaseUrl, environment));
    expect((await busy.at(second.url).fetch('/graphql', operation)).status).toBe(429);
    await second.close();
    const calm = await api
      .as(await callers.accessToken([], 'beth-only'))
      .fetch('/graphql', operation);
    expect(calm.status).toBe(200);
  });

  it.each(['/healthz', '/readyz'])('still sees how the server is at %s', async (path) => {
    const stranger = api.as(undefined);
    await exhaust(() => stranger.fetch('/.well-known/jwks.json'));
    const { status, headers } = await stranger.fetch(path);
    expect([status, headers.get('ratelimit')]).toEqual([200, null]);
  });
});
