import { randomUUID } from 'node:crypto';
import { AccessTokens, Allowances } from '@app/auth';
import { type Config, once, type Permission, SealedSecrets, UnitsOfWork } from '@app/core';
import { Idempotency, KeyQuotas } from '@app/idempotency';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import type { ApiClient, Answer } from './api-client';
import { startInside } from './server-inside';
import { signer } from './two-applications';

let api: ApiClient;
let app: NestFastifyApplication;
beforeAll(async () => {
  ({ api, app } = await startInside());
  for (const id of ['1', '2']) {
    await api.ask(CREATE_APPLICATION, { id });
    await api.ask(ADD_USER_KEY, { id, publicKey: signer.publicKey });
  }
  const scopes = ['applications:write', 'devices:write', 'messages:send'];
  for (const clientId of ['crm', 'erp']) await api.ask(CREATE_CLIENT, { clientId, scopes });
});
afterAll(() => api.close());

interface Reply {
  readonly status: number;
  readonly isReplayed: boolean;
  readonly text: string;
  readonly codes: string[];
}

/** A request with an Idempotency-Key. */
async function send(key: string, query: string, variables = {}, caller = api): Promise<Reply> {
  const response = await caller.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  const { errors = [] } = JSON.parse(text) as Answer;
  return {
    status: response.status,
    isReplayed: response.headers.get('idempotent-replayed') === 'true',
    text,
    codes: errors.map(({ extensions }) => extensions.code),
  };
}

const client = async (id: string, ...scopes: Permission[]) => {
  const tokens = app.get(AccessTokens, { strict: false });
  return api.as((await tokens.issue({ kind: 'client', id, scopes })).token);
};
const count = async (table: string) => {
  const [row] = await api.sql<{ count: number }>(`SELECT count(*)::int FROM ${table}`);
  return row?.count ?? 0;
};
/** Makes the server think that the first request came earlier. */
const age = (key: string, interval: string) =>
  api.sql('UPDATE idempotency_keys SET created_at = created_at - $2::interval WHERE key = $1', [
    key,
    interval,
  ]);
/** As a process of the release before leaves it, which stored its keys first, and its answers after the effects. */
const forgetAnswer = (key: string) =>
  api.sql('UPDATE idempotency_keys SET status = NULL, answer = NULL WHERE key = $1', [key]);

const device = () => ({
  input: { applicationId: '1', platform: 'ANDROID', token: randomUUID(), userId: 'alice' },
});
const message = (title = 'Hello') => ({
  input: { applicationId: '1', userId: 'alice', message: { title } },
});

describe('a mutation that comes again with the same Idempotency-Key', () => {
  it('gets the first answer, whatever has happened since', async () => {
    const [key, variables] = [randomUUID(), device()];
    const first = await send(key, REGISTER, variables);
    expect(first).toMatchObject({ status: 200, isReplayed: false, codes: [] });
    await api.sql('DELETE FROM devices WHERE token = $1', [variables.input.token]);
    expect(await send(key, REGISTER, variables)).toEqual({ ...first, isReplayed: true });
    expect(
      await api.sql('SELECT FROM devices WHERE token = $1', [variables.input.token]),
    ).toHaveLength(0);
  });

  it('sends one notification only', async () => {
    await api.ask(REGISTER, device());
    const before = await count('notifications');
    const key = randomUUID();
    const first = await send(key, SEND, message());
    expect(await send(key, SEND, message())).toEqual({ ...first, isReplayed: true });
    expect(await count('notifications')).toBe(before + 1);
  });

  it('has one effect when twenty come at once, and all others are told to wait or what it was', async () => {
    const before = await count('notifications');
    const key = randomUUID();
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(key, SEND, message())));
    expect(await count('notifications')).toBe(before + 1);
    const [first, ...more] = replies.filter(
      ({ codes, isReplayed }) => codes.length === 0 && !isReplayed,
    );
    expect(more).toEqual([]);
    for (const reply of replies.filter((other) => other !== first)) {
      if (reply.isReplayed) expect(reply.text).toBe(first?.text);
      else expect(reply).toMatchObject({ status: 409, codes: ['IDEMPOTENCY_KEY_IN_USE'] });
    }
    expect(await send(key, SEND, message())).toEqual({ ...first, isReplayed: true });
  });

  it.each([
    { what: 'other variables', query: () => SEND, variables: message('Bye') },
    {
      what: 'another document',
      query: () => SEND.replace('{ id }', '{ id state }'),
      variables: message(),
    },
    { what: 'another mutation', query: () => REGISTER, variables: device() },
  ])('is refused with $what', async ({ query, variables }) => {
    const key = randomUUID();
    await send(key, SEND, message());
    expect(await send(key, query(), variables)).toMatchObject({
      status: 422,
      isReplayed: false,
      codes: ['IDEMPOTENCY_KEY_REUSED'],
    });
  });

  it('is told that the first one runs where a process of the release before has it, for five minutes', async () => {
    const key = randomUUID();
    await send(key, SEND, message());
    await forgetAnswer(key);
    await age(key, '4 minutes');
    const before = await count('notifications');
    expect(await send(key, SEND, message())).toMatchObject({
      status: 409,
      codes: ['IDEMPOTENCY_KEY_IN_USE'],
    });
    await age(key, '61 seconds');
    const again = await send(key, SEND, message());
    expect(again).toMatchObject({ status: 200, isReplayed: false, codes: [] });
    expect(await count('notifications')).toBe(before + 1);
    expect(await send(key, SEND, message())).toEqual({ ...again, isReplayed: true });
  });

  it('is remembered for a day', async () => {
    const key = randomUUID();
    const first = await send(key, SEND, message());
    await age(key, '23 hours 59 minutes');
    expect((await send(key, SEND, message())).isReplayed).toBe(true);
    await age(key, '61 seconds');
    const next = await send(key, SEND, message());
    expect(next).toMatchObject({ status: 200, isReplayed: false });
    expect(next.text).not.toBe(first.text);
  });

  it('gets the same refusal where the request was refused for good', async () => {
    const [key, variables] = [randomUUID(), { id: '1' }];
    const first = await send(key, CREATE_APPLICATION, variables);
    expect(first.codes).toEqual(['APPLICATION_EXISTS']);
    expect(await send(key, CREATE_APPLICATION, variables)).toEqual({ ...first, isReplayed: true });
  });

  it('is carried out when the first one failed by our fault', async () => {
    const key = randomUUID();
    await api.sql('ALTER TABLE notifications RENAME TO hidden_notifications');
    const first = await send(key, SEND, message());
    await api.sql('ALTER TABLE hidden_notifications RENAME TO notifications');
    expect(first.codes).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(await send(key, SEND, message())).toMatchObject({ isReplayed: false, codes: [] });
  });

  it('is carried out when the first one had no right to it', async () => {
    const caller = await client('crm', 'devices:write');
    const key = randomUUID();
    expect((await send(key, SEND, message(), caller)).codes).toEqual(['FORBIDDEN']);
    expect(await api.sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toEqual([]);
  });

  it.each([
    {
      what: 'a part of it',
      query: `mutation ($input: RegisterDeviceInput!) {
        registerDevice(input: $input) { id }
        createApplication(input: { name: "Forbidden" }) { id }
      }`,
    },
    {
      what: 'all but read the answer',
      query: `mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id application { id } } }`,
    },
  ])('gets the first answer when that had done $what', async ({ query }) => {
    const caller = await client('crm', 'devices:write');
    const [key, variables] = [randomUUID(), device()];
    const first = await send(key, query, variables, caller);
    expect(first.codes).toEqual(['FORBIDDEN']);
    expect(await send(key, query, variables, caller)).toEqual({ ...first, isReplayed: true });
  });
});

describe('an Idempotency-Key', () => {
  it.each([
    { what: 'too long', key: 'k'.repeat(256) },
    { what: 'not ASCII', key: 'é' },
    { what: 'sent twice, with a tab between', key: 'a\tb' },
  ])('that is $what is refused', async ({ key }) => {
    expect(await send(key, SEND, message())).toMatchObject({
      status: 400,
      codes: ['INVALID_IDEMPOTENCY_KEY'],
    });
  });

  it('belongs to its caller', async () => {
    const key = randomUUID();
    const before = await count('notifications');
    const callers = [
      api,
      await client('crm', 'messages:send'),
      await client('erp', 'messages:send'),
    ];
    for (const caller of callers) {
      const reply = await send(key, SEND, message(), caller);
      expect(reply).toMatchObject({ isReplayed: false, codes: [] });
    }
    expect(await count('notifications')).toBe(before + 3);
  });

  it('belongs to a user of one application', async () => {
    const iat = Math.floor(Date.now() / 1000);
    const token = signer.sign({ sub: 'carol', iat, exp: iat + 600 });
    const key = randomUUID();
    for (const applicationId of ['1', '2']) {
      const user = api.as(token, { 'carillon-application': applicationId });
      const input = { platform: 'ANDROID', token: 'carols' };
      const reply = await send(key, REGISTER_MINE, { input }, user);
      expect(reply).toMatchObject({ isReplayed: false, codes: [] });
    }
  });

  it('outlives the token that it came with', async () => {
    const key = randomUUID();
    const first = await send(key, SEND, message(), await client('crm', 'messages:send'));
    const later = await send(key, SEND, message(), await client('crm', 'messages:send'));
    expect(later).toEqual({ ...first, isReplayed: true });
  });

  it('is of no use to a token with other rights', async () => {
    const key = randomUUID();
    await send(key, SEND, message(), await client('crm', 'messages:send'));
    const lesser = await send(key, SEND, message(), await client('crm', 'devices:write'));
    expect(lesser.codes).toEqual(['IDEMPOTENCY_KEY_REUSED']);
  });

  it('means nothing to queries', async () => {
    const key = randomUUID();
    const query = '{ application(id: "1") { name } }';
    const first = await send(key, query);
    await api.ask('mutation { updateApplication(applicationId: 1, name: "Wallet") { id } }');
    expect(await send(key, query)).toMatchObject({ isReplayed: false });
    expect((await send(key, query)).text).not.toBe(first.text);
    expect(await api.sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toEqual([]);
  });

  it('means nothing from those who have not signed in', async () => {
    const key = randomUUID();
    const login = 'mutation { login(email: "nobody@example.com", password: "no") { token } }';
    for (const caller of [api.as(undefined), api.as('no-token')]) {
      expect(await send(key, login, {}, caller)).toMatchObject({
        isReplayed: false,
        codes: ['LOGIN_FAILED'],
      });
    }
    expect(await api.sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toEqual([]);
  });

  it('leaves nothing legible behind', async () => {
    const key = randomUUID();
    const { text } = await send(key, 'mutation { renewSession { token } }');
    const [row] = await api.sql<{ answer: string; fingerprint: string }>(
      'SELECT answer, fingerprint FROM idempotency_keys WHERE key = $1',
      [key],
    );
    expect(row?.answer).toMatch(/^v1\./);
    expect(row?.fingerprint).toMatch(/^v1\./);
    expect(JSON.stringify(row)).not.toContain(text.slice(40, 80));
  });
});

describe('what was answered', () => {
  const request = () => ({ caller: 'client:crm', key: randomUUID(), fingerprint: 'f' });
  const inScope = <Result>(work: () => Promise<Result>) =>
    app.get(UnitsOfWork, { strict: false }).scope(work);
  const idempotency = () => app.get(Idempotency, { strict: false });
  const claimOf = async (repeatable: ReturnType<typeof request>) => {
    const claimed = await idempotency().claim(repeatable);
    if ('first' in claimed) throw new Error('There is an answer already');
    return claimed.claim;
  };
  const answer = (body: string) => ({ status: 200, contentType: 'text/plain', body });
  /** Carries out a request. */
  const keep = (
    repeatable: ReturnType<typeof request>,
    body: string,
    effect?: () => Promise<void>,
  ) =>
    inScope(async () => {
      const claim = await claimOf(repeatable);
      await effect?.();
      await idempotency().keep(claim, answer(body));
    });
  const again = (repeatable: ReturnType<typeof request>) =>
    inScope(() => idempotency().claim(repeatable));

  const list = (count: number) =>
    JSON.stringify({
      data: {
        made: Array.from({ length: count }, (_, n) => ({ id: `n-${n}`, title: 'é'.repeat(40) })),
      },
    });
  it.each([
    { what: 'text', body: 'é'.repeat(32_769), ids: [] },
    { what: 'JSON', body: list(1_000), ids: Array.from({ length: 1_000 }, (_, n) => `n-${n}`) },
    { what: 'JSON of megabytes', body: list(100_000), ids: { length: 10_000 } },
  ])(
    'is not kept when it is large, but for its ids, and nothing is done again: $what',
    async ({ body, ids }) => {
      const repeatable = request();
      await keep(repeatable, body);
      await expect(again(repeatable)).rejects.toMatchObject({
        code: 'IDEMPOTENT_ANSWER_NOT_KEPT',
        ids,
      });
      const [row] = await api.sql<{ bytes: number }>(
        'SELECT pg_column_size(keys)::int AS bytes FROM idempotency_keys AS keys WHERE key = $1',
        [repeatable.key],
      );
      expect(row?.bytes).toBeLessThan(128 * 1024);
    },
  );

  it('is kept up to 64 KiB', async () => {
    const repeatable = request();
    await keep(repeatable, 'é'.repeat(32_768));
    expect(await again(repeatable)).toMatchObject({ first: { body: 'é'.repeat(32_768) } });
  });

  it('tells over GraphQL of what was done', async () => {
    const key = randomUUID();
    const names = Array.from({ length: 20 }, (_, n) => `m${n}: name`).join(' ');
    const create = `mutation ($name: String!) { ${Array.from(
      { length: 20 },
      (_, n) => `a${n}: createApplication(input: { name: $name }) { id ${names} }`,
    ).join(' ')} }`;
    const { text } = await send(key, create, { name: 'x'.repeat(200) });
    const { data } = JSON.parse(text) as { data: Record<string, { id: string }> };
    const ids = Object.values(data).map(({ id }) => id);
    const again = await send(key, create, { name: 'x'.repeat(200) });
    const { errors } = JSON.parse(again.text) as { errors: { extensions: object }[] };
    expect(errors[0]?.extensions).toEqual({ code: 'IDEMPOTENT_ANSWER_NOT_KEPT', ids });
  });

  it.each([
    {
      what: 'made',
      query: 'mutation { made: createApiKey(input: { name: "CRM", scopes: ["messages:send"] }) ~ }',
    },
    {
      what: 'given another secret',
      query:
        'mutation ($id: ID!) { made: rotateApiKey(id: $id, input: { keepPreviousSeconds: 0 }) ~ }',
    },
  ])(
    'is not kept when an API key was $what, in whichever field its secret is',
    async ({ query }) => {
      const key = randomUUID();
      const { apiKey } = await api.ask<{ apiKey: { id: string } }>(CREATE_API_KEY);
      const ofKey = query.replace('~', '{ hidden: secret apiKey { id } }');
      const first = await send(key, ofKey, { id: apiKey.id });
      const { data } = JSON.parse(first.text) as {
        data: { made: { hidden: string; apiKey: { id: string } } };
      };
      expect(data.made.hidden).toMatch(/^ck_/);
      const again = await send(key, ofKey, { id: apiKey.id });
      expect(again.text).not.toContain('ck_');
      const { errors } = JSON.parse(again.text) as { errors: { extensions: object }[] };
      expect(errors[0]?.extensions).toEqual({
        code: 'IDEMPOTENT_ANSWER_NOT_KEPT',
        ids: [data.made.apiKey.id],
      });
      const rows = await api.sql('SELECT answer FROM idempotency_keys WHERE key = $1', [key]);
      expect(rows).toEqual([{ answer: null }]);
    },
  );

  it('is stored with the effect or not at all', async () => {
    const repeatable = request();
    const userId = randomUUID();
    const effect = async () => {
      await app.get(DataSource, { strict: false }).query('INSERT INTO users VALUES ($1)', [userId]);
      // As a process of the release before does that is not told of ours.
      await api.sql('INSERT INTO idempotency_keys VALUES ($1, $2, $3)', [
        repeatable.caller,
        repeatable.key,
        'theirs',
      ]);
    };
    await expect(keep(repeatable, 'ours', effect)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_IN_USE',
    });
    expect(await api.sql('SELECT FROM users WHERE id = $1', [userId])).toEqual([]);
  });

  it('first counts, of several that go on with one effect', async () => {
    const repeatable = request();
    let effects = 0;
    const effect = () => once(() => Promise.resolve({ id: ++effects }));
    await keep(repeatable, 'slow', async () => {
      expect(await effect()).toEqual({ id: 1 });
      await keep(repeatable, 'quick', async () => {
        expect(await effect()).toEqual({ id: 1 });
      });
    });
    expect(effects).toBe(1);
    expect(await again(repeatable)).toEqual({ first: answer('quick') });
  });

  describe('beyond what a caller may keep', () => {
    const get = <Service>(type: abstract new (...all: never[]) => Service) =>
      app.get<Service>(type, { strict: false });
    /** The usual service with other quotas. */
    const within = (quotas: Partial<Config>) => {
      const none = { idempotencyKeysPerDay: 0, idempotencyMegabytesPerDay: 0 };
      const limited = new KeyQuotas(get(Allowances), { ...none, ...quotas } as Config);
      return new Idempotency(get(DataSource), get(UnitsOfWork), get(SealedSecrets), limited);
    };
    const ask = (of: Idempotency, caller: string, key: string, body = '') =>
      inScope(async () => {
        const claimed = await of.claim({ caller, key, fingerprint: 'f' });
        if ('first' in claimed) return 'first';
        await of.keep(claimed.claim, answer(body));
        return 'kept';
      });

    it('keys are refused before anything is done, and those that come again are not', async () => {
      const of = within({ idempotencyKeysPerDay: 3 });
      for (const key of ['1', '2', '3']) expect(await ask(of, 'quota:a', key)).toBe('kept');
      await expect(ask(of, 'quota:a', '4')).rejects.toMatchObject({
        code: 'RATE_LIMITED',
        message: expect.stringMatching(/^Your 3 idempotency keys a day are used up; /) as string,
      });
      const stored = await api.sql(`SELECT FROM idempotency_keys WHERE caller = 'quota:a'`);
      expect(stored).toHaveLength(3);
      expect(await ask(of, 'quota:a', '2')).toBe('first');
      expect(await ask(of, 'quota:b', '4')).toBe('kept');
    });

    it('bytes are refused likewise: a megabyte of 9 kB is not kept thousands of times', async () => {
      const of = within({ idempotencyMegabytesPerDay: 1 });
      let kept = 0;
      const fill = async () => {
        for (; kept < 200; kept += 1) await ask(of, 'quota:c', String(kept), 'x'.repeat(9_000));
      };
      await expect(fill()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      expect(kept).toBe(114); // 1 024 KiB in parts of 9
      expect(await ask(of, 'quota:c', '0')).toBe('first');
    });

    it('none are refused where there is no quota', async () => {
      const of = within({});
      for (const key of ['1', '2', '3', '4']) expect(await ask(of, 'quota:d', key)).toBe('kept');
    });
  });

  it('is forgotten after a day', async () => {
    const [old, young] = [request(), request()];
    for (const each of [old, young]) await keep(each, '');
    await age(old.key, '24 hours');
    await idempotency().forgetExpired();
    const left = await api.sql<{ key: string }>(
      'SELECT key FROM idempotency_keys WHERE key = ANY($1)',
      [[old.key, young.key]],
    );
    expect(left).toEqual([{ key: young.key }]);
  });
});

const CREATE_API_KEY =
  'mutation { createApiKey(input: { name: "ERP", scopes: ["messages:send"] }) { apiKey { id } } }';
const CREATE_APPLICATION = `mutation ($id: ID!) { createApplication(input: { id: $id, name: "Bank" }) { id } }`;
const ADD_USER_KEY = `mutation ($id: ID!, $publicKey: String!) {
  addKey(input: { applicationId: $id, kid: "primary", publicKey: $publicKey }) { id }
}`;
const CREATE_CLIENT = `mutation ($clientId: String!, $scopes: [String!]!) {
  createClient(input: { clientId: $clientId, name: "Machine", scopes: $scopes }) { id }
}`;
const REGISTER = 'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';
const REGISTER_MINE = `mutation ($input: RegisterMyDeviceInput!) {
  registerMyDevice(input: $input) { __typename }
}`;
const SEND = 'mutation ($input: SendNotificationInput!) { sendNotification(input: $input) { id } }';
