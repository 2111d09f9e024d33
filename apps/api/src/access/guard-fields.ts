import {
  defaultFieldResolver,
  getNamedType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isObjectType,
} from 'graphql';
import { type Access, accessMetadata } from './allow';
import type { Caller } from './authenticator';
import { demandAccess } from './demand-access';

type Field = GraphQLField<unknown, Caller>;

/**
 * Closes every field to callers whom it does not allow, before its resolver runs.
 * @throws Error at the start when a field that leads somewhere does not say whom it allows
 */
export function guardFields(schema: GraphQLSchema): GraphQLSchema {
  const unsaid: string[] = [];
  const guarded = kindsOf(schema);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields()) as Field[]) {
      const allowed = field.extensions[accessMetadata] as readonly Access[] | undefined;
      if (allowed !== undefined) guard(field, allowed);
      else if (leadsSomewhere(type, field, schema, guarded))
        unsaid.push(`${type.name}.${field.name}`);
    }
  }
  if (unsaid.length > 0) throw new Error(`They say not whom they allow: ${unsaid.join(', ')}`);
  return schema;
}

function guard(field: Field, allowed: readonly Access[]): void {
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (source, args, caller, info) => {
    assertAllowed(caller, allowed);
    return resolve(source, args, caller, info);
  };
  if (subscribe !== undefined) {
    field.subscribe = (source, args, caller, info) => {
      assertAllowed(caller, allowed);
      return subscribe(source, args, caller, info);
    };
  }
}

function assertAllowed({ actor, refusal }: Caller, allowed: readonly Access[]): void {
  try {
    demandAccess(actor, allowed);
  } catch (error) {
    throw actor.kind === 'anonymous' && refusal !== undefined ? refusal : error;
  }
}

/** Tells whether a caller who may see the parent sees something else by a field: at the root, or another kind of thing. */
function leadsSomewhere(
  type: GraphQLObjectType,
  field: Field,
  schema: GraphQLSchema,
  kinds: ReadonlySet<string>,
): boolean {
  if (rootsOf(schema).includes(type)) return true;
  if (/(Edge|Connection|Payload)$/.test(type.name)) return false; // as open as what they wrap
  return kinds.has(thing(getNamedType(field.type).name));
}

/** Lists the kinds of things at the root, each of which has a permission of its own wherever else it shows. */
function kindsOf(schema: GraphQLSchema): ReadonlySet<string> {
  const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
  const types = fields.map(({ type }) => getNamedType(type));
  return new Set(types.filter(isObjectType).map(({ name }) => thing(name)));
}

const thing = (typeName: string) => typeName.replace(/Connection$/, '');

const rootsOf = (schema: GraphQLSchema) => [
  schema.getQueryType(),
  schema.getMutationType(),
  schema.getSubscriptionType(),
];
