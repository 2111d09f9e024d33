import type { Answer, Content, JsonSchema, Parameter } from './document';

// What the tables of routes are written with.

export const text = (description?: string): JsonSchema => ({
  type: 'string',
  ...(description !== undefined && { description }),
});

export const count: JsonSchema = { type: 'integer', minimum: 0 };

export const dateTime: JsonSchema = { type: 'string', format: 'date-time' };

/** Describes an object whose members are all there, except the optional ones. Others may come. */
export const object = (
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema => ({
  type: 'object',
  properties: { ...required, ...optional },
  ...(Object.keys(required).length > 0 && { required: Object.keys(required) }),
});

export const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

export const reference = (id: string): JsonSchema => ({ $ref: `#/components/schemas/${id}` });

export const content = (type: string, schema: JsonSchema): Content => ({ [type]: { schema } });

export const json = (schema: JsonSchema): Content => content('application/json', schema);

export const answer = (description: string, body?: Content): Answer => ({
  description,
  ...(body !== undefined && { content: body }),
});

export const inPath = (name: string, description: string, schema = text()): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
});

export const inHeader = (name: string, description: string, schema = text()): Parameter => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});
