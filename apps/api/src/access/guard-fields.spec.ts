import { Actor, type Permission } from '@app/core';
import { InvalidTokenError } from '@app/auth';
import {
  createSourceEventStream,
  graphql,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
} from 'graphql';
import { type Access, accessMetadata } from './allow';
import type { Caller } from './authenticator';
import { guardFields } from './guard-fields';

type Guarded = 'Query.device' | 'Mutation.removeDevice' | 'Subscription.devices' | 'User.devices';

const usual: Readonly<Record<Guarded, readonly Access[]>> = {
  'Query.device': ['devices:read'],
  'Mutation.removeDevice': ['devices:write', 'me'],
  'Subscription.devices': ['devices:read'],
  'User.devices': ['devices:read'],
};

/** @param silent the field that says not whom it allows */
function schemaOf(silent?: Guarded): GraphQLSchema {
  const allow = (name: Guarded) =>
    name === silent ? {} : { extensions: { [accessMetadata]: usual[name] } };
  const device = new GraphQLObjectType({ name: 'Device', fields: { id: { type: GraphQLString } } });
  const devices = new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(device)));
  const user = new GraphQLObjectType({
    name: 'User',
    fields: {
      name: { type: GraphQLString },
      devices: { type: devices, resolve: () => [{ id: '7' }], ...allow('User.devices') },
    },
  });
  const root = (
    name: string,
    fields: ConstructorParameters<typeof GraphQLObjectType>[0]['fields'],
  ) => new GraphQLObjectType({ name, fields });
  return new GraphQLSchema({
    query: root('Query', {
      device: { type: device, resolve: () => ({ id: '7' }), ...allow('Query.device') },
      user: {
        type: user,
        resolve: () => ({ name: 'ann' }),
        extensions: { [accessMetadata]: ['anyone'] },
      },
    }),
    mutation: root('Mutation', {
      removeDevice: {
        type: GraphQLString,
        resolve: () => 'done',
        ...allow('Mutation.removeDevice'),
      },
    }),
    subscription: root('Subscription', {
      devices: {
        type: device,
        subscribe: async function* () {
          yield await Promise.resolve({ devices: { id: '7' } });
        },
        ...allow('Subscription.devices'),
      },
    }),
  });
}

const actorWith = (...granted: Permission[]) =>
  new Actor({ kind: 'client', id: 'crm', permissions: granted });
const anonymous = new Actor({ kind: 'anonymous', id: '' });

async function codeOf(source: string, contextValue: Caller): Promise<unknown> {
  const { errors } = await graphql({ schema: guardFields(schemaOf()), source, contextValue });
  return (errors?.[0]?.originalError as { code?: unknown } | undefined)?.code;
}

describe('a schema', () => {
  it.each(Object.keys(usual) as Guarded[])('is refused when %s says not whom it allows', (name) => {
    expect(() => guardFields(schemaOf(name))).toThrow(`They say not whom they allow: ${name}`);
  });

  it('is taken when all fields that lead somewhere say it', () => {
    expect(() => guardFields(schemaOf())).not.toThrow();
  });
});

describe('a guarded field', () => {
  it.each([
    ['{ device { id } }', 'devices:read'],
    ['mutation { removeDevice }', 'devices:write'],
    ['{ user { devices { id } } }', 'devices:read'],
  ] as const)('%s is for those who have %s', async (source, permission) => {
    expect(await codeOf(source, { actor: actorWith(permission) })).toBeUndefined();
    expect(await codeOf(source, { actor: actorWith('audit:read') })).toBe('FORBIDDEN');
    expect(await codeOf(source, { actor: anonymous })).toBe('UNAUTHENTICATED');
  });

  it('leaves what is beside it to those who may not see it', async () => {
    const contextValue = { actor: anonymous };
    const source = '{ user { name } }';
    const { data } = await graphql({ schema: guardFields(schemaOf()), source, contextValue });
    expect(data).toEqual({ user: { name: 'ann' } });
  });

  it('says of a refused token that it was refused, unless it is open to anyone', async () => {
    const contextValue = { actor: anonymous, refusal: new InvalidTokenError('It has ended') };
    expect(await codeOf('{ device { id } }', contextValue)).toBe('INVALID_TOKEN');
    expect(await codeOf('{ user { name } }', contextValue)).toBeUndefined();
  });

  it('sends no event to those whom it does not allow', async () => {
    const document = parse('subscription { devices { id } }');
    const schema = guardFields(schemaOf());
    const open = (actor: Actor) =>
      createSourceEventStream({ schema, document, contextValue: { actor } });
    expect(await open(anonymous)).toHaveProperty('errors');
    expect(await open(actorWith('audit:read'))).toHaveProperty('errors');
    expect(await open(actorWith('devices:read'))).not.toHaveProperty('errors');
  });
});
