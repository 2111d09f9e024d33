import { DomainError } from '@app/core';
import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';

type Field = GraphQLField<unknown, unknown>;

/** Makes the refusals of queries and mutations name the wrong input as the caller wrote it, e.g. `input.message.badge`. */
export function nameInputs(schema: GraphQLSchema): GraphQLSchema {
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {}) as Field[]) nameInputsOf(field);
  }
  return schema;
}

function nameInputsOf(field: Field): void {
  const { resolve = defaultFieldResolver } = field;
  field.resolve = async (source, args: object, context, info) => {
    try {
      // Nest's exception filters make a value of an error, which graphql-js takes for one again.
      return named(await resolve(source, args, context, info), args);
    } catch (error) {
      throw named(error, args);
    }
  };
}

function named(outcome: unknown, args: object): unknown {
  if (!(outcome instanceof DomainError) || outcome.field === undefined) return outcome;
  return Object.assign(outcome, { field: inputPath(args, outcome.field) });
}

/**
 * Finds a domain's field among the arguments: the shortest path that has its names in their order and ends with the
 * last. A name that the caller left out is put under the input that it belongs to.
 * @param field e.g. `badge`, or `3.badge` of the fourth item of a list
 */
export function inputPath(args: object, field: string): string {
  const names = field.split('.');
  let level: [path: string[], value: unknown][] = [[[], args]];
  while (level.length > 0) {
    const next: typeof level = [];
    for (const [path, value] of level) {
      if (typeof value !== 'object' || value === null || value instanceof Date) continue;
      for (const [name, member] of Object.entries(value)) next.push([[...path, name], member]);
    }
    const found = next.find(([path]) => leadsTo(path, names));
    if (found !== undefined) return found[0].join('.');
    level = next;
  }
  const home = Object.entries(args).find(
    ([name, value]) => /^inputs?$/.test(name) && typeof value === 'object',
  );
  return home === undefined ? field : `${home[0]}.${field}`;
}

function leadsTo(path: readonly string[], names: readonly string[]): boolean {
  if (path.at(-1) !== names.at(-1)) return false;
  const rest = path.values();
  return names.every((name) => {
    for (const step of rest) if (step === name) return true;
    return false;
  });
}
