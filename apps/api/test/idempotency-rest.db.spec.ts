import { randomUUID } from 'node:crypto';
import { ApiClient } from './api-client';

interface Reply {
  readonly status: number;
  readonly isReplayed: boolean;
  readonly contentType: string | null;
  readonly text: string;
}

async function send(
  caller: ApiClient,
  key: string,
  path: string,
  requestObject?: object,
): Promise<Reply> {
  const response = await caller.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ requestObject }),
  });
  const { status, headers } = response;
  return {
    status,
    isReplayed: headers.get('idempotent-replayed') === 'true',
    contentType: headers.get('content-type'),
    text: await response.text(),
  };
}

const CREATE_APPLICATION = 'mutation { createApplication(input: { id: 1, name: "Bank" }) { id } }';
const campaign = (title: string) => ({ appId: 1, message: { title } });
const create = '/push/campaign/create';

describe.each([{ mode: 'token' }, { mode: 'open' }])(
  'PowerAuth routes, POWERAUTH_COMPAT=$mode',
  ({ mode }) => {
    let api: ApiClient;
    let caller: ApiClient;
    const campaigns = async () =>
      (await api.sql<{ count: number }>('SELECT count(*)::int FROM campaigns'))[0]?.count;

    beforeAll(async () => {
      api = await ApiClient.start({ POWERAUTH_COMPAT: mode });
      await api.ask(CREATE_APPLICATION);
      caller = mode === 'open' ? api.as(undefined) : api;
    });
    afterAll(() => api.close());

    it('repeat the first answer, to the byte, and create nothing twice', async () => {
      const key = randomUUID();
      const first = await send(caller, key, create, campaign('Spring'));
      expect(first).toMatchObject({ status: 200, isReplayed: false });
      const before = await campaigns();
      expect(await send(caller, key, create, campaign('Spring'))).toEqual({
        ...first,
        isReplayed: true,
      });
      expect(await campaigns()).toBe(before);
    });

    it('have one effect when many come at once', async () => {
      const key = randomUUID();
      const before = (await campaigns()) ?? 0;
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => send(caller, key, create, campaign('Summer'))),
      );
      expect(await campaigns()).toBe(before + 1);
      expect(new Set(replies.map(({ status }) => status))).toEqual(
        replies.some(({ status }) => status === 409) ? new Set([200, 409]) : new Set([200]),
      );
    });

    it('refuse another request with the key, in their envelope', async () => {
      const key = randomUUID();
      await send(caller, key, create, campaign('Spring'));
      for (const { path, body } of [
        { path: create, body: campaign('Autumn') },
        { path: `${create}?again`, body: campaign('Spring') },
      ]) {
        const { status, text } = await send(caller, key, path, body);
        expect(status).toBe(422);
        expect(JSON.parse(text)).toEqual({
          status: 'ERROR',
          responseObject: {
            code: 'ERROR_GENERIC',
            message: expect.stringContaining('Idempotency-Key') as string,
          },
        });
      }
    });

    it('refuse a key that is none', async () => {
      const { status, text } = await send(caller, 'k'.repeat(256), create, campaign('Spring'));
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ status: 'ERROR' });
    });

    it('repeat a refusal too', async () => {
      const key = randomUUID();
      const first = await send(caller, key, create, { appId: 404, message: { title: 'Spring' } });
      expect(first.status).toBe(400);
      expect(await send(caller, key, create, { appId: 404, message: { title: 'Spring' } })).toEqual(
        { ...first, isReplayed: true },
      );
    });

    it('forget a failure of ours', async () => {
      const key = randomUUID();
      await api.sql('ALTER TABLE campaigns RENAME TO hidden_campaigns');
      const first = await send(caller, key, create, campaign('Spring'));
      await api.sql('ALTER TABLE hidden_campaigns RENAME TO campaigns');
      expect(first.status).toBe(500);
      expect(await send(caller, key, create, campaign('Spring'))).toMatchObject({
        status: 200,
        isReplayed: false,
      });
    });
  },
);

it('a refusal that PowerAuth clients get because its server is away is not kept', async () => {
  const api = await ApiClient.start({ POWERAUTH_URL: 'http://127.0.0.1:1/rest' });
  try {
    await api.ask(CREATE_APPLICATION);
    const key = randomUUID();
    const device = { appId: 1, token: 'ab'.repeat(32), platform: 'ios', activationId: 'a-1' };
    const first = await send(api, key, '/push/device/create', device);
    expect(first).toMatchObject({ status: 400, isReplayed: false });
    expect(JSON.parse(first.text)).toMatchObject({ status: 'ERROR' });
    const second = await send(api, key, '/push/device/create', device);
    expect(second).toEqual(first);
  } finally {
    await api.close();
  }
});

it('a restart of the server forgets nothing', async () => {
  let api = await ApiClient.start();
  await api.ask(CREATE_APPLICATION);
  const key = randomUUID();
  const first = await send(api, key, create, campaign('Spring'));
  api = await api.restarted();
  expect(await send(api, key, create, campaign('Spring'))).toEqual({ ...first, isReplayed: true });
  await api.close();
});

it('whoever asks for a token gets another each time', async () => {
  const api = await ApiClient.start();
  const answers = await Promise.all(
    ['/api/oauth/token', '/auth/token', '/auth/token/refresh'].map(async (path) => {
      const key = randomUUID();
      return [await send(api, key, path), await send(api, key, path)];
    }),
  );
  expect(answers.flat().filter(({ isReplayed }) => isReplayed)).toEqual([]);
  expect(await api.sql('SELECT FROM idempotency_keys')).toEqual([]);
  await api.close();
});

describe('routes that may be called twice anyway', () => {
  let api: ApiClient;
  beforeAll(async () => {
    api = await ApiClient.start();
  });
  afterAll(() => api.close());

  it.each([
    '/api/oauth/introspect',
    '/api/oauth/revoke',
    '/auth/token/revoke',
    '/apispaces/none/sessions',
    '/apispaces/none/sessions/none/push',
    '/apispaces/none/profiles/alice',
    '/upload/campaigns/1/users',
  ])('take no key: %s', async (path) => {
    const key = randomUUID();
    await send(api, key, path);
    const second = await send(api, key, path);
    expect(second.isReplayed).toBe(false);
    expect(await api.sql('SELECT FROM idempotency_keys')).toEqual([]);
  });
});

it('who may not gets no key: nothing is kept of it', async () => {
  const api = await ApiClient.start();
  const stranger = api.as('no-token');
  const { status } = await send(stranger, randomUUID(), create, campaign('Spring'));
  expect(status).toBe(401);
  expect(await api.sql('SELECT FROM idempotency_keys')).toEqual([]);
  await api.close();
});
