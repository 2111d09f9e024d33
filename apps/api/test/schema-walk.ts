import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql';
import { type Access, accessMetadata } from '../src/access/allow';

export type Field = GraphQLField<unknown, unknown>;

/** Whom a field allows; nothing where it is as open as what it is a field of. */
export function allowedAt({ extensions }: Field): readonly Access[] | undefined {
  return extensions[accessMetadata] as readonly Access[] | undefined;
}

const kinds = ['Query', 'Mutation'];

/** What only a subscription shows, over a socket that has tests of its own. */
const overSocket = ['Subscription', 'CampaignProgress'];

/** All root fields that are asked over HTTP, as `Query.device`. */
export function rootFields(schema: GraphQLSchema): ReadonlyMap<string, Field> {
  return fieldsOf(schema, (type) => kinds.includes(type));
}

/** The fields of other kinds that say whom they allow, as `Device.application`. */
export function guardedFields(schema: GraphQLSchema): ReadonlyMap<string, Field> {
  const all = fieldsOf(schema, (type) => ![...kinds, ...overSocket].includes(type));
  return new Map([...all].filter(([, field]) => allowedAt(field) !== undefined));
}

function fieldsOf(
  schema: GraphQLSchema,
  isWanted: (typeName: string) => boolean,
): ReadonlyMap<string, Field> {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  return new Map(
    types
      .filter(({ name }) => isWanted(name))
      .flatMap((type) =>
        Object.values(type.getFields()).map(
          (field) => [`${type.name}.${field.name}`, field] as const,
        ),
      ),
  );
}

/** An operation of one root field that selects all that needs no further permission. */
export function operationOf(name: string, field: Field, variables: object): string {
  const [kind = ''] = name.split('.');
  const used = field.args.filter((argument) => argument.name in variables);
  const declared = used.map((argument) => `$${argument.name}: ${String(argument.type)}`);
  const passed = used.map((argument) => `${argument.name}: $${argument.name}`);
  const inParentheses = (parts: string[]) => (parts.length === 0 ? '' : `(${parts.join(', ')})`);
  return `${kind.toLowerCase()} ${inParentheses(declared)} { ${field.name}${inParentheses(passed)} ${selectionOf(field)} }`;
}

/** What comes with a field for those whom it allows. */
export function selectionOf(field: Field, depth = 4): string {
  const fields = openFields(getNamedType(field.type), depth);
  return fields.length === 0 ? '' : `{ ${fields.join(' ')} }`;
}

function openFields(type: GraphQLNamedType, depth: number): string[] {
  if (isLeafType(type) || (!isObjectType(type) && !isInterfaceType(type))) return [];
  const fields = Object.values(type.getFields()) as Field[];
  const open = fields.filter((field) => allowedAt(field) === undefined && field.args.length === 0);
  const selected = open.flatMap((field) => {
    if (isLeafType(getNamedType(field.type))) return [field.name];
    const inner = depth === 0 ? '' : selectionOf(field, depth - 1);
    return inner === '' ? [] : [`${field.name} ${inner}`];
  });
  return ['__typename', ...selected];
}
