import { type Role, rolePermissions, roles } from '@app/auth';
import { type Permission, permissions } from '@app/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { GraphQLSchema } from 'graphql';
import type { Access } from '../src/access/allow';
import type { Answer, ApiClient } from './api-client';
import { Callers } from './callers';
import { DatabaseSnapshot } from './database-snapshot';
import { operations, type Operation, ways, type World } from './permissions-table';
import {
  allowedAt,
  type Field,
  guardedFields,
  operationOf,
  rootFields,
  selectionOf,
} from './schema-walk';
import { startInside } from './server-inside';
import { populate, type Tenancy } from './two-applications';

let api: ApiClient;
let schema: GraphQLSchema;
let callers: Callers;
let world: World;
let beth: Tenancy;
let kept: DatabaseSnapshot;

const password = 'correct horse battery';
const LOGIN =
  'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }';
const CREATE_OPERATOR =
  'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }';

beforeAll(async () => {
  const inside = await startInside();
  api = inside.api;
  ({ schema } = inside.app.get(GraphQLSchemaHost, { strict: false }));
  const aleph = await populate(api, '1', 'aleph');
  beth = await populate(api, '2', 'beth');
  callers = await Callers.create(api, inside.app);
  const names = [...roles.map((role) => [role.toLowerCase(), role]), ['operator', 'ADMIN']];
  let operatorId = '';
  for (const [name, role] of names) {
    const email = `${name}@staff.example.com`;
    const input = { email, role, password, passwordIsTemporary: false };
    operatorId = (await api.ask<{ id: string }>(CREATE_OPERATOR, { input })).id;
  }
  const formerKid = 'former';
  await api.sql(
    `INSERT INTO signing_keys (kid, public_jwk, private_key, signs_from, verifies_until)
     SELECT $1, public_jwk, private_key, signs_from - interval '90 days', now() + interval '1 day' FROM signing_keys`,
    [formerKid],
  );
  world = { aleph, operatorId, formerKid };
  kept = await DatabaseSnapshot.take(api);
});
afterAll(() => api.close());
afterEach(() => api.sql('DELETE FROM rate_limits'));

const login = async (name: string) => {
  const { token } = await api
    .as(undefined)
    .ask<{ token: string }>(LOGIN, { email: `${name}@staff.example.com`, password });
  return api.as(token);
};
const fieldOf = (name: string): Field => {
  const field = rootFields(schema).get(name);
  if (field === undefined) throw new Error(`The schema has no ${name}`);
  return field;
};
const permissionsAt = (field: Field): Permission[] => {
  const allowed: readonly Access[] = allowedAt(field) ?? [];
  return permissions.filter((permission) => allowed.includes(permission));
};
const isOpenTo = (field: Field, ...kinds: Access[]) =>
  kinds.some((kind) => allowedAt(field)?.includes(kind));

const operationAt = (name: string): Operation => operations[name] ?? {};

const ask = (caller: ApiClient, name: string): Promise<Answer> => {
  const variables = operationAt(name).variables?.(world) ?? {};
  return caller.post(operationOf(name, fieldOf(name), variables), variables);
};
const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code);
const hasData = ({ data }: Answer) =>
  data != null && Object.values(data).some((value) => value !== null);

/** The callers, by name, that got another answer than a refusal with this code, or changed something. */
async function notRefused(
  asked: Record<string, ApiClient>,
  name: string,
  code: RegExp,
): Promise<object> {
  const wrong: Record<string, unknown> = {};
  for (const [who, caller] of Object.entries(asked)) {
    const answer = await ask(caller, name);
    const codes = codesOf(answer) ?? [];
    if (codes.length === 0 || codes.some((one) => !code.test(one)) || hasData(answer))
      wrong[who] = answer;
  }
  const changed = await kept.changed();
  return changed.length === 0 ? wrong : { ...wrong, changed };
}

const names = Object.keys(operations);

it('all root fields are in the table', () => {
  expect(names.toSorted()).toEqual([...rootFields(schema).keys()].toSorted());
});

it('all root fields say whom they allow, and only the login allows anyone', () => {
  const fields = [...rootFields(schema)];
  expect(fields.filter(([, field]) => !allowedAt(field)?.length)).toEqual([]);
  const open = fields.filter(([, field]) => isOpenTo(field, 'anyone')).map(([name]) => name);
  expect(open).toEqual(['Mutation.login']);
});

describe.each(names)('%s', (name) => {
  it('is refused without a token, or with one that proves nothing here', async () => {
    if (isOpenTo(fieldOf(name), 'anyone')) return;
    const anonymous = { nobody: api.as(undefined) };
    expect(await notRefused(anonymous, name, /^UNAUTHENTICATED$/)).toEqual({});
    const refused = await callers.refused(world.aleph);
    expect(await notRefused(refused, name, /^INVALID_TOKEN$/)).toEqual({});
  });

  it('is refused to whoever has all permissions but those that it wants', async () => {
    const field = fieldOf(name);
    const wanted = permissionsAt(field);
    if (operationAt(name).only !== undefined) {
      const others = {
        'a client': await callers.with(...permissions),
        'an API key': callers.withKey(),
      };
      expect(await notRefused(others, name, /^FORBIDDEN$/)).toEqual({});
    }
    if (wanted.length === 0) return;
    const lacking: Record<string, ApiClient> = {
      'a client without it': await callers.without(...wanted),
      'a client without any': await callers.with(),
      'an API key without any': callers.withKey('powerless'),
    };
    if (!isOpenTo(field, 'me')) lacking['a user'] = callers.user(world.aleph);
    expect(await notRefused(lacking, name, /^FORBIDDEN$/)).toEqual({});
  });

  it('finds nothing for a client of another application, or shows nothing of this one', async () => {
    const { elsewhere } = operationAt(name);
    if (elsewhere === 'the caller') return;
    const asked = {
      'a client of beth': await callers.ofBeth(),
      'an API key of beth': callers.withKey('beth-only'),
    };
    if (elsewhere === undefined) {
      expect(await notRefused(asked, name, /^FORBIDDEN$|_NOT_FOUND$/)).toEqual({});
      return;
    }
    for (const caller of Object.values(asked)) {
      const answer = await ask(caller, name);
      expect(answer.errors).toBeUndefined();
      if (elsewhere === 'null') {
        expect(hasData(answer)).toBe(false);
        expect(await kept.changed()).toEqual([]);
        continue;
      }
      expect(JSON.stringify(answer)).toContain(beth.word);
      expect(JSON.stringify(answer)).not.toContain(world.aleph.word);
    }
  });

  it('is done for whoever has just what it wants', async () => {
    const field = fieldOf(name);
    const { grants = [], only } = operationAt(name);
    const wanted = permissionsAt(field).slice(0, 1);
    const whoMay =
      only === 'operators'
        ? [await login('operator')]
        : only === 'users'
          ? [callers.user(world.aleph)]
          : [await callers.with(...wanted, ...grants), callers.withKey()];
    for (const caller of whoMay) {
      try {
        const answer = await ask(caller, name);
        expect(answer.errors).toBeUndefined();
        expect(hasData(answer)).toBe(true);
      } finally {
        await kept.restore();
      }
    }
  });
});

describe.each(roles)('%s', (role: Role) => {
  it('is refused what the role does not have', async () => {
    const operator = await login(role.toLowerCase());
    const held = rolePermissions[role];
    for (const name of names) {
      const wanted = permissionsAt(fieldOf(name));
      if (wanted.length === 0 || wanted.some((permission) => held.includes(permission))) continue;
      const answer = await ask(operator, name);
      expect({ name, codes: codesOf(answer) }).toEqual({ name, codes: ['FORBIDDEN'] });
    }
  });
});

describe('a user', () => {
  const ME =
    '{ me { userId application { id } profile { email } devices { edges { node { id } } } } }';
  const REGISTER =
    'mutation ($input: RegisterMyDeviceInput!) { registerMyDevice(input: $input) { id } }';
  const REMOVE = 'mutation ($id: ID!) { removeMyDevice(id: $id) { id } }';
  const REGISTER_ANY =
    'mutation ($input: RegisterDeviceInput!) { registerDevice(input: $input) { id } }';

  it('touches what is his own', async () => {
    const { applicationId, userId, word, deviceId } = world.aleph;
    const user = callers.user(world.aleph);
    expect(await user.ask(ME)).toEqual({
      userId,
      application: { id: applicationId },
      profile: { email: `${word}@example.com` },
      devices: { edges: [{ node: { id: deviceId } }] },
    });
    await user.ask(REGISTER, { input: { platform: 'ANDROID', token: 'new-token' } });
    expect(await user.ask(REMOVE, { id: deviceId })).toEqual({ id: deviceId });
    await kept.restore();
  });

  it('is refused what is of another user, or of himself in another application', async () => {
    const { applicationId, userId, activationId, deviceId } = world.aleph;
    const own = { applicationId, userId };
    const device = { applicationId, platform: 'ANDROID', token: 'new-token' };
    const user = callers.user(world.aleph);
    const alsoCalledThat = callers.user(world.aleph, beth.applicationId);
    const intruder = callers.user({ ...world.aleph, userId: 'intruder' });
    const attempts: [ApiClient, string, object][] = [
      [user, 'query ($userId: String!) { user(userId: $userId) { id } }', { userId }],
      [
        user,
        'query ($applicationId: ID!, $userId: String!) { profile(applicationId: $applicationId, userId: $userId) { email } }',
        own,
      ],
      [user, REGISTER_ANY, { input: { ...device, userId } }],
      [intruder, REGISTER_ANY, { input: { ...device, activationId } }],
    ];
    for (const [caller, query, variables] of attempts) {
      const answer = await caller.post(query, variables);
      expect({ query, codes: codesOf(answer) }).toEqual({ query, codes: ['FORBIDDEN'] });
    }
    for (const other of [intruder, alsoCalledThat]) {
      expect(await other.ask(REMOVE, { id: deviceId })).toBeNull();
    }
    expect(await kept.changed()).toEqual([]);
  });
});

describe('a field that leads to another kind of thing', () => {
  it('has a way to it in the table', () => {
    const types = [...guardedFields(schema).keys()].map((name) => name.split('.')[0]);
    expect(Object.keys(ways)).toEqual([...new Set(types)].toSorted());
  });

  const askNested = (caller: ApiClient, name: string, field: Field) => {
    const [type = ''] = name.split('.');
    const query = ways[type]?.(world).replace('~', `${field.name} ${selectionOf(field)}`) ?? '';
    return caller.post(query);
  };

  it('is refused to whoever lacks its permission, whatever else he may', async () => {
    for (const [name, field] of guardedFields(schema)) {
      const wanted = permissionsAt(field);
      if (wanted.length === 0) continue;
      const answer = await askNested(await callers.without(...wanted), name, field);
      const [, fieldName = ''] = name.split('.');
      expect({ name, codes: codesOf(answer) }).toMatchObject({ name, codes: ['FORBIDDEN'] });
      expect(JSON.stringify(answer.data)).not.toMatch(new RegExp(`"${fieldName}":[^n]`));
    }
  });

  it('shows itself to whoever has it, and nothing to a client of another application', async () => {
    const everything = await callers.with(...permissions);
    const ofBeth = await callers.ofBeth();
    for (const [name, field] of guardedFields(schema)) {
      const caller = isOpenTo(field, 'me') ? callers.user(world.aleph) : everything;
      expect({ name, errors: (await askNested(caller, name, field)).errors }).toEqual({ name });
      const { data } = await askNested(ofBeth, name, field);
      expect(JSON.stringify(data)).not.toContain(world.aleph.word);
    }
    await kept.restore();
  });
});
