import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { schemaText } from './schema-text';

describe('the public schema', () => {
  it('is the committed one; a wanted change is written by `npm run schema`', async () => {
    const committed = readFileSync(join(__dirname, '../../schema.graphql'), 'utf8');
    expect(await schemaText()).toBe(committed);
  });

  it('describes every type, field, argument and enum value', async () => {
    expect(undescribed(await schemaText())).toEqual([]);
  });
});

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}

function undescribed(text: string): string[] {
  const types = Object.values(buildSchema(text).getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return types.flatMap((type) => {
    const fields: readonly Described[] =
      isObjectType(type) || isInputObjectType(type)
        ? Object.values(type.getFields())
        : isEnumType(type)
          ? type.getValues()
          : [];
    const args = isObjectType(type)
      ? Object.values(type.getFields()).flatMap((field) => field.args)
      : [];
    const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name);
    return [...(isRoot ? [] : [type]), ...fields, ...args]
      .filter(({ description }) => !description)
      .map(({ name }) => `${type.name}: ${name}`);
  });
}
