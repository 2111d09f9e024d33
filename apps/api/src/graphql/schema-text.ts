import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import {
  type GraphQLSchema,
  isObjectType,
  Kind,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
} from 'graphql';
import { costDeclarations, costDirectives, declareCosts } from './kit/declared-costs';
import { resolvers } from './resolvers';

/** Prints the public schema, sorted, with what its fields cost; needs neither database nor configuration. */
export async function schemaText(): Promise<string> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, {
    logger: ['error'],
  });
  try {
    const schema = await app
      .get(GraphQLSchemaFactory)
      .create(resolvers, { directives: [...costDirectives] });
    return `${printWithCosts(lexicographicSortSchema(declareCosts(schema)))}\n`;
  } finally {
    await app.close();
  }
}

/** Prints a schema with what its fields declare of their costs: graphql-js prints no directives of fields. */
function printWithCosts(schema: GraphQLSchema): string {
  const text = printSchema(schema);
  let [printed, at] = ['', 0];
  for (const definition of parse(text).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const type = schema.getType(definition.name.value);
    for (const { name, loc } of definition.fields ?? []) {
      const field = isObjectType(type) ? type.getFields()[name.value] : undefined;
      if (field === undefined || loc === undefined) continue;
      const declared = costDeclarations(field).map((node) => ` ${print(node)}`);
      printed += text.slice(at, loc.end) + declared.join('');
      at = loc.end;
    }
  }
  return printed + text.slice(at);
}
