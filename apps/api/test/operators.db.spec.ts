import { randomUUID } from 'node:crypto';
import { type Role, roles } from '@app/auth';
import { Clock } from '@app/core';
import { stopTime, until } from '@app/testing/time';
import type { ApiClient } from './api-client';
import { startInside } from './server-inside';

const password = 'correct horse battery';

interface Session {
  readonly token: string;
  readonly expiresAt: string;
  readonly passwordChangeRequired: boolean;
  readonly operator: { readonly id: string; readonly email: string };
}
interface Viewer {
  readonly kind: string;
  readonly id: string;
  readonly permissions: readonly string[];
  readonly applicationIds: readonly string[] | null;
  readonly operator: { readonly email: string; readonly role: Role } | null;
}

let api: ApiClient;
let anybody: ApiClient;
let clock: Clock;
beforeAll(async () => {
  const inside = await startInside();
  api = inside.api;
  clock = inside.app.get(Clock, { strict: false });
  anybody = api.as(undefined);
});
afterAll(() => api.close());
beforeEach(() => api.sql('DELETE FROM rate_limits'));

let names = 0;
const create = async (role: Role) => {
  const email = `${role.toLowerCase()}-${++names}@example.com`;
  const input = { email, role, password, passwordIsTemporary: false };
  const { id } = await api.ask<{ id: string }>(CREATE, { input });
  return { id, email, password };
};
const login = (credentials: { email: string; password: string }) =>
  anybody.ask<Session>(LOGIN, credentials);
const enter = async (role: Role) => {
  const operator = await create(role);
  const { token } = await login(operator);
  return { ...operator, client: api.as(token) };
};
const codeOf = async (client: ApiClient, query: string, variables: object = {}) =>
  (await client.post(query, variables)).errors?.[0]?.extensions.code;
/** What ends, ends everywhere soon. */
const refusedSoon = async (client: ApiClient) => {
  await until(async () => (await codeOf(client, VIEWER)) !== undefined);
  return codeOf(client, VIEWER);
};

describe('an operator', () => {
  it('logs in and sees who that is', async () => {
    const { email, client } = await enter('EDITOR');
    expect(await client.ask<Viewer>(VIEWER)).toEqual({
      kind: 'OPERATOR',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      permissions: [
        'applications:read',
        'campaigns:read',
        'campaigns:send',
        'campaigns:write',
        'devices:read',
        'devices:write',
        'messages:send',
      ],
      applicationIds: null,
      operator: { email, role: 'EDITOR' },
    });
  });

  it('logs in with an old token in the header, whatever is wrong with it', async () => {
    const operator = await create('VIEWER');
    expect(await api.as('a.b.c').ask<Session>(LOGIN, operator)).toMatchObject({
      operator: { email: operator.email },
    });
  });

  describe('from a device that is known', () => {
    const post = (body: object, cookie = '') =>
      anybody.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify(body),
      });
    /** As strangers do behind the same address, until nobody else gets in there. */
    const guess = async () => {
      const wrong = () => codeOf(anybody, LOGIN, { email: `${randomUUID()}@x.example`, password });
      while ((await wrong()) !== 'RATE_LIMITED');
    };

    it('gets in whatever strangers do, by the cookie of a browser', async () => {
      const operator = await create('VIEWER');
      const first = await post({ query: LOGIN, variables: operator });
      const set = first.headers.get('set-cookie') ?? '';
      expect(set).toMatch(
        /^carillon_device=v1\.[\w.-]+; Path=\/graphql; Max-Age=15552000; HttpOnly; SameSite=Strict$/,
      );
      await guess();
      expect(await codeOf(anybody, LOGIN, operator)).toBe('RATE_LIMITED');
      const [cookie = ''] = set.split(';');
      const again = await post({ query: LOGIN, variables: operator }, `a=b; ${cookie}`);
      expect(await again.json()).toMatchObject({
        data: { login: { passwordChangeRequired: false } },
      });
    });

    it('gets in by the argument, which lets in nobody by itself', async () => {
      const { email } = await create('VIEWER');
      const { deviceToken } = await anybody.ask<{ deviceToken: string }>(
        LOGIN_AT.replace('{ token }', '{ deviceToken }'),
        { email, password },
      );
      await guess();
      const known = { email, deviceToken };
      expect(await codeOf(anybody, LOGIN_AT, { ...known, password: 'wrong' })).toBe('LOGIN_FAILED');
      const { token } = await anybody.ask<Session>(LOGIN_AT, { ...known, password });
      const renewed = await api.as(token).ask('mutation { renewSession { deviceToken } }');
      expect(renewed).toEqual({ deviceToken: null });
      expect(await codeOf(api.as(deviceToken), VIEWER)).toBe('INVALID_TOKEN');
    });
  });

  it('gets another token while the session lasts', async () => {
    const { client } = await enter('VIEWER');
    const { token } = await client.ask<Session>(RENEW);
    expect((await api.as(token).ask<Viewer>(VIEWER)).kind).toBe('OPERATOR');
  });

  it('logs out, and the tokens of that session end with it', async () => {
    const { client } = await enter('VIEWER');
    const { token } = await client.ask<Session>(RENEW);
    expect(await client.ask('mutation { logout }')).toBe(true);
    expect(await refusedSoon(client)).toBe('INVALID_TOKEN');
    expect(await refusedSoon(api.as(token))).toBe('INVALID_TOKEN');
    expect(await codeOf(client, RENEW)).toBe('INVALID_TOKEN');
  });

  it('changes the password, and what other sessions gave ends', async () => {
    const { client, email } = await enter('VIEWER');
    const other = api.as((await login({ email, password })).token);
    const next = 'another long password';
    expect(await client.ask(CHANGE_PASSWORD, { current: password, next })).toEqual({ email });
    expect(await refusedSoon(other)).toBe('INVALID_TOKEN');
    expect(await codeOf(client, VIEWER)).toBeUndefined();
    expect(await codeOf(anybody, LOGIN, { email, password })).toBe('LOGIN_FAILED');
    await login({ email, password: next });
  });

  it('loses what the role gave as soon as the role changes', async () => {
    const { id, client } = await enter('ADMIN');
    expect(await codeOf(client, AUDIT)).toBeUndefined();
    await api.ask(UPDATE, { id, input: { role: 'VIEWER' } });
    await until(async () => (await codeOf(client, AUDIT)) === 'FORBIDDEN');
  });

  it('is let in no more once disabled or removed', async () => {
    for (const [mutation, input] of [
      [UPDATE, { enabled: false }],
      [REMOVE, undefined],
    ] as const) {
      const { id, client, email } = await enter('EDITOR');
      await api.ask(mutation, { id, input });
      expect(await refusedSoon(client)).toBe('INVALID_TOKEN');
      expect(await codeOf(anybody, LOGIN, { email, password })).toBe('LOGIN_FAILED');
    }
  });
});

describe('a login that fails', () => {
  let start: () => void;
  beforeEach(() => {
    start = stopTime(clock);
  });
  afterEach(() => {
    start();
  });

  it('answers the same to a wrong password, an unknown e-mail, and text that is no e-mail', async () => {
    const { email } = await create('VIEWER');
    const answers = [
      await anybody.post(LOGIN, { email, password: 'wrong' }),
      await anybody.post(LOGIN, { email: 'nobody@example.com', password }),
      await anybody.post(LOGIN, { email: '', password: '' }),
      await anybody.post(LOGIN, { email: 'x'.repeat(10_000), password: 'x'.repeat(10_000) }),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({
        data: null,
        errors: [
          {
            message: 'The e-mail or the password is wrong',
            extensions: { code: 'LOGIN_FAILED' },
          },
        ],
      });
      expect(Object.keys(answer.errors?.[0]?.extensions ?? {})).toEqual(['code']);
    }
  });

  it('has to wait after some of them, and is told how long', async () => {
    const { email } = await create('VIEWER');
    for (let n = 0; n < 5; n += 1) await anybody.post(LOGIN, { email, password: 'wrong' });
    expect((await anybody.post(LOGIN, { email, password })).errors).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } },
    ]);
  });

  it('tries fifty passwords at once in vain', async () => {
    const { email } = await create('VIEWER');
    const guesses = Array.from({ length: 50 }, (_, n) => (n === 49 ? password : `wrong ${n}`));
    const codes = await Promise.all(
      guesses.map((guess) => codeOf(anybody, LOGIN, { email, password: guess })),
    );
    expect(codes.filter((code) => code === 'LOGIN_FAILED')).toHaveLength(5);
  });

  it.each([
    { what: 'NUL', text: 'a\0b' },
    { what: 'half a character', text: '\ud800' },
  ])('is bad input with $what', async ({ text }) => {
    expect(await codeOf(anybody, LOGIN, { email: text, password })).toBe('BAD_USER_INPUT');
    expect(await codeOf(anybody, LOGIN, { email: 'ann@example.com', password: text })).toBe(
      'BAD_USER_INPUT',
    );
  });
});

describe('operators', () => {
  it('are created, shown, given new passwords and removed by an OWNER', async () => {
    const { id, email } = await create('ADMIN');
    expect(await api.ask(OPERATOR, { id })).toEqual({
      id,
      email,
      role: 'ADMIN',
      enabled: true,
      lastLoginAt: null,
    });
    await api.ask(RESET, { id, password: 'another long password' });
    await login({ email, password: 'another long password' });
    expect(await api.ask(REMOVE, { id })).toEqual({ id });
    expect(await codeOf(api, OPERATOR, { id })).toBe('OPERATOR_NOT_FOUND');
  });

  it('choose another password than the one that they were created with, unless it is said otherwise', async () => {
    const email = 'new@example.com';
    await api.ask(CREATE, { input: { email, role: 'VIEWER', password } });
    expect(await login({ email, password })).toMatchObject({ passwordChangeRequired: true });
  });

  it('with a password that others know can do one thing, to change it', async () => {
    const { id, email, client } = await enter('ADMIN');
    const given = 'another long password';
    await api.ask(RESET, { id, password: given });
    expect(await refusedSoon(client)).toBe('INVALID_TOKEN');

    const session = await login({ email, password: given });
    expect(session.passwordChangeRequired).toBe(true);
    const newcomer = api.as(session.token);
    for (const query of [VIEWER, RENEW, OPERATORS, CREATE_APPLICATION]) {
      expect(await codeOf(newcomer, query)).toBe('PASSWORD_CHANGE_REQUIRED');
    }
    const rest = await newcomer.fetch('/upload/applications/1/devices', { method: 'POST' });
    expect([rest.status, await rest.json()]).toMatchObject([
      403,
      { code: 'PASSWORD_CHANGE_REQUIRED' },
    ]);

    const next = 'a password of my own';
    const same = { current: given, next: given };
    expect(await codeOf(newcomer, CHANGE_PASSWORD, same)).toBe('INVALID_OPERATOR');
    expect(await newcomer.ask(CHANGE_PASSWORD, { current: given, next })).toEqual({ email });
    // At once, with the same token.
    expect((await newcomer.ask<Viewer>(VIEWER)).operator).toEqual({ email, role: 'ADMIN' });
    expect(await login({ email, password: next })).toMatchObject({ passwordChangeRequired: false });
  });

  it('get for an Idempotency-Key what they asked once the password is changed', async () => {
    const { id, email } = await create('ADMIN');
    const given = 'another long password';
    await api.ask(RESET, { id, password: given });
    const { token } = await login({ email, password: given });
    const keyed = api.as(token, { 'idempotency-key': randomUUID() });
    expect(await codeOf(keyed, CREATE_APPLICATION)).toBe('PASSWORD_CHANGE_REQUIRED');
    await api.as(token).ask(CHANGE_PASSWORD, { current: given, next: 'a password of my own' });
    expect(await keyed.ask(CREATE_APPLICATION)).toEqual({ id: expect.any(String) as string });
  });

  it('have tokens that introspection shows for what they are good for now', async () => {
    const { id, email, client } = await enter('ADMIN');
    const { token } = await login({ email, password });
    const introspected = async () => {
      const body = new URLSearchParams({ token });
      const answer = await api.fetch('/api/oauth/introspect', { method: 'POST', body });
      return (await answer.json()) as { active: boolean; scope?: string };
    };
    expect((await introspected()).scope?.split(' ')).toContain('audit:read');

    await api.ask(UPDATE, { id, input: { role: 'VIEWER' } });
    await until(async () => !(await introspected()).scope?.split(' ').includes('audit:read'));
    const { permissions } = await client.ask<Viewer>(VIEWER);
    expect((await introspected()).scope?.split(' ').sort()).toEqual([...permissions].sort());

    await api.ask(RESET, { id, password: 'another long password' });
    const unchanged = await login({ email, password: 'another long password' });
    const body = new URLSearchParams({ token: unchanged.token });
    const answer = await api.fetch('/api/oauth/introspect', { method: 'POST', body });
    expect(await answer.json()).toEqual({ active: false });
  });

  it('may sign out before they have changed such a password', async () => {
    const { id, email } = await create('VIEWER');
    await api.ask(RESET, { id, password: 'another long password' });
    const { token } = await login({ email, password: 'another long password' });
    expect(await api.as(token).ask('mutation { logout }')).toBe(true);
  });

  it('come in pages', async () => {
    await create('VIEWER');
    await create('VIEWER');
    interface Connection {
      readonly edges: readonly { readonly node: { readonly email: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    }
    const emails: string[] = [];
    for (let after: string | null = null; ;) {
      const page: Connection = await api.ask<Connection>(OPERATORS, { after });
      emails.push(...page.edges.map(({ node }) => node.email));
      after = page.pageInfo.endCursor;
      if (!page.pageInfo.hasNextPage) break;
    }
    const stored = await api.sql<{ email: string }>('SELECT email FROM operators ORDER BY email');
    expect(emails).toEqual(stored.map(({ email }) => email));
    expect(await codeOf(api, OPERATORS, { after: 'b3BlcmF0b3I6AA' })).toBe('BAD_USER_INPUT');
  });

  it.each([
    { input: { email: 'ann', role: 'VIEWER', password }, field: 'email' },
    { input: { email: 'ann@example.com', role: 'VIEWER', password: 'short' }, field: 'password' },
  ])('are not created with a wrong $field', async ({ input, field }) => {
    expect((await api.post(CREATE, { input })).errors).toMatchObject([
      { extensions: { code: 'INVALID_OPERATOR', field: `input.${field}` } },
    ]);
  });

  it('keep their last OWNER, who cannot change himself', async () => {
    const { id } = await api.ask<Viewer>(VIEWER);
    expect(await codeOf(api, UPDATE, { id, input: { role: 'ADMIN' } })).toBe('OWN_ACCOUNT');
    expect(await codeOf(api, REMOVE, { id })).toBe('OWN_ACCOUNT');
  });
});

describe('a role', () => {
  const reads = {
    applications: '{ applications { pageInfo { hasNextPage } } }',
    operators: '{ operators { edges { node { id } } } }',
    audit: '{ auditEvents { edges { node { id } } } }',
  };
  it.each([
    { role: 'OWNER', sees: ['applications', 'operators', 'audit'], creates: true },
    { role: 'ADMIN', sees: ['applications', 'audit'], creates: true },
    { role: 'EDITOR', sees: ['applications'], creates: false },
    { role: 'VIEWER', sees: ['applications'], creates: false },
  ] as const)('of $role sees $sees', async ({ role, sees, creates }) => {
    const { client } = await enter(role);
    const seen: string[] = [];
    for (const [what, query] of Object.entries(reads)) {
      const code = await codeOf(client, query);
      if (code === undefined) seen.push(what);
      else expect(code).toBe('FORBIDDEN');
    }
    expect(seen).toEqual(sees);
    const created = await codeOf(client, CREATE_APPLICATION);
    expect(created).toBe(creates ? undefined : 'FORBIDDEN');
  });

  it.each(roles.filter((role) => role !== 'OWNER'))('of %s makes no operator', async (role) => {
    const { client, id } = await enter(role);
    const input = { email: 'new@example.com', role: 'VIEWER', password };
    expect(await codeOf(client, CREATE, { input })).toBe('FORBIDDEN');
    expect(await codeOf(client, UPDATE, { id, input: { role: 'OWNER' } })).toBe('FORBIDDEN');
    expect(await codeOf(client, RESET, { id, password })).toBe('FORBIDDEN');
    expect(await codeOf(client, REMOVE, { id })).toBe('FORBIDDEN');
    expect(await codeOf(client, OPERATOR, { id })).toBe('FORBIDDEN');
  });
});

describe('over REST', () => {
  const create = (client: ApiClient) =>
    client.fetch('/admin/app/create', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ requestObject: { appName: 'Wallet' } }),
    });

  it.each([
    { what: 'nothing', token: undefined, challenge: 'Bearer' },
    { what: 'a bad token', token: 'a.b.c', challenge: 'Bearer error="invalid_token"' },
  ])('$what is answered by a challenge', async ({ token, challenge }) => {
    const response = await create(api.as(token));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(challenge);
  });

  it('a missing permission is answered by its name', async () => {
    const response = await create((await enter('VIEWER')).client);
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_scope", scope="applications:write"',
    );
    expect(await response.json()).toMatchObject({ status: 'ERROR' });
  });
});

it.each([
  { what: 'viewer', query: () => VIEWER },
  { what: 'operators', query: () => OPERATORS },
  { what: 'auditEvents', query: () => AUDIT },
  { what: 'renewSession', query: () => RENEW },
  { what: 'logout', query: () => 'mutation { logout }' },
])('$what is nothing for those without a token', async ({ query }) => {
  expect(await codeOf(anybody, query())).toBe('UNAUTHENTICATED');
});

describe('the audit trail', () => {
  interface Connection {
    readonly edges: readonly { readonly node: Record<string, unknown>; readonly cursor: string }[];
    readonly unreadable: readonly { readonly id: string; readonly problem: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  }

  it('shows the newest first, in pages, and what is asked for', async () => {
    const { id, email } = await create('EDITOR');
    await anybody.post(LOGIN, { email, password: 'wrong' });
    await login({ email, password });
    await api.ask(UPDATE, { id, input: { role: 'VIEWER' } });
    const filter = { target: `operator:${id}` };
    const first = await api.ask<Connection>(AUDIT, { filter, first: 2 });
    expect(first.edges.map(({ node }) => node)).toMatchObject([
      {
        actorKind: 'OPERATOR',
        action: 'operator.role',
        outcome: 'SUCCESS',
        before: { role: 'EDITOR' },
        after: { role: 'VIEWER' },
      },
      { actorKind: 'OPERATOR', actorId: id, action: 'operator.login', outcome: 'SUCCESS' },
    ]);
    const after = first.pageInfo.endCursor;
    const second = await api.ask<Connection>(AUDIT, { filter, first: 2, after });
    expect(second.edges.map(({ node }) => node)).toMatchObject([
      {
        actorKind: 'ANONYMOUS',
        action: 'operator.login',
        outcome: 'FAILURE',
        reason: 'wrong password',
        address: '127.0.0.1',
      },
      { action: 'operator.create', after: { email, role: 'EDITOR' } },
    ]);
    expect(second.pageInfo.hasNextPage).toBe(false);
    const failures = { actorKind: 'ANONYMOUS', action: 'operator.login', ...filter };
    expect((await api.ask<Connection>(AUDIT, { filter: failures })).edges).toHaveLength(1);
  });

  const deep = 5_000;
  it.each([
    { what: 'of an unknown kind of caller', column: 'actor_kind', value: 'martian' },
    { what: 'of an unknown outcome', column: 'outcome', value: 'maybe' },
    { what: 'that is never', column: 'at', value: 'infinity' },
    { what: 'that was before time', column: 'at', value: '-infinity' },
    { what: 'later than JavaScript knows', column: 'at', value: '290000-01-01' },
    {
      what: 'with JSON as deep as a well',
      column: 'after',
      value: '['.repeat(deep) + ']'.repeat(deep),
    },
    { what: 'with the largest id', column: 'id', value: '9223372036854775807' },
    { what: 'with the least id', column: 'id', value: '-9223372036854775808' },
  ])('hides no page behind an event $what, and says where it is', async ({ column, value }) => {
    const target = `thing:${column}`;
    await api.sql(
      `DELETE FROM audit_events WHERE target = '${target}';
       INSERT INTO audit_events (actor_kind, actor_id, action, target)
       SELECT 'system', '', 'thing.change', '${target}' FROM generate_series(1, 3);
       UPDATE audit_events SET ${column} = '${value}' WHERE id =
         (SELECT id FROM audit_events WHERE target = '${target}' ORDER BY id OFFSET 1 LIMIT 1)`,
    );
    const rows = await api.sql<{ id: string }>(
      `SELECT id FROM audit_events WHERE target = '${target}' ORDER BY audit_events.id DESC`,
    );
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: Connection = await api.ask<Connection>(AUDIT, {
        filter: { target },
        first: 1,
        after,
      });
      seen.push(...page.edges.map(({ node }) => String(node.id)));
      seen.push(...page.unreadable.map(({ id }) => id));
      expect(page.unreadable).toHaveLength(page.edges.length === 0 ? 1 : 0);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(rows.map(({ id }) => id));
    const whole = await api.ask<Connection>(AUDIT, { filter: { target } });
    expect(whole.unreadable).toHaveLength(column === 'id' ? 0 : 1);
    await api.sql(`DELETE FROM audit_events WHERE target = '${target}'`);
  });

  it('refuses a cursor of another list', async () => {
    expect(await codeOf(api, AUDIT, { after: 'b3BlcmF0b3I6YQ' })).toBe('BAD_USER_INPUT');
  });
});

const LOGIN = `mutation ($email: String!, $password: String!) {
  login(email: $email, password: $password) { token expiresAt passwordChangeRequired operator { id email } }
}`;
const LOGIN_AT = `mutation ($email: String!, $password: String!, $deviceToken: String) {
  login(email: $email, password: $password, deviceToken: $deviceToken) { token }
}`;
const RENEW = 'mutation { renewSession { token operator { id } } }';
const CHANGE_PASSWORD = `mutation ($current: String!, $next: String!) {
  changePassword(current: $current, next: $next) { email }
}`;
const VIEWER = '{ viewer { kind id permissions applicationIds operator { email role } } }';
const CREATE = 'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }';
const UPDATE = `mutation ($id: ID!, $input: UpdateOperatorInput!) {
  updateOperator(id: $id, input: $input) { id role enabled }
}`;
const RESET = `mutation ($id: ID!, $password: String!) {
  resetOperatorPassword(id: $id, password: $password) { id }
}`;
const REMOVE = 'mutation ($id: ID!) { removeOperator(id: $id) { id } }';
const OPERATOR = 'query ($id: ID!) { operator(id: $id) { id email role enabled lastLoginAt } }';
const OPERATORS = `query ($after: String) {
  operators(first: 1, after: $after) { edges { node { email } } pageInfo { hasNextPage endCursor } }
}`;
const AUDIT = `query ($filter: AuditEventFilterInput, $first: Int! = 50, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    edges {
      node { id at actorKind actorId action target applicationId outcome reason before after address }
      cursor
    }
    unreadable { id problem }
    pageInfo { hasNextPage endCursor }
  }
}`;
const CREATE_APPLICATION = `mutation { createApplication(input: { name: "Wallet" }) { id } }`;
