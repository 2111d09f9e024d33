import type { Type } from '@nestjs/common';
import { z } from 'zod';
import {
  type ControllerMetadata,
  controllerMetadata,
  type RouteMetadata,
  routeMetadata,
} from './metadata';
import { Failure, models } from './models';

/** The part of an OpenAPI 3.1 document that we write. */
export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly schemas: Record<string, JsonSchema>;
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  };
}

export interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  /** The scope that the token has to have. */
  readonly security: readonly { readonly bearer: readonly string[] }[];
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly required: true; readonly content: JsonContent };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content: JsonContent }
  >;
}

export type JsonSchema = Readonly<Record<string, unknown>>;
interface JsonContent {
  readonly 'application/json': { readonly schema: JsonSchema };
}

const description = `The REST interface of PowerAuth Push Server 1.0, for its clients. Everything new goes through GraphQL.
Bodies are read leniently: unknown keys are ignored, numbers may be text, nulls stand for absent values.
Where POWERAUTH_COMPAT is \`open\`, no token is asked for.`;

const securitySchemes = { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } };

/** Documents the routes of these controllers. */
export function openApiOf(controllers: readonly Type[], prefix: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const controller of controllers) {
    const { path } = Reflect.getMetadata(controllerMetadata, controller) as ControllerMetadata;
    for (const route of routesOf(controller)) {
      for (const rest of route.paths) {
        const full = `${prefix}/${path}/${rest}`.replace(':id', '{id}');
        const operation = operationOf(route, path, full);
        paths[full] = Object.fromEntries(
          route.verbs.map((verb) => [verb.toLowerCase(), operation]),
        );
      }
    }
  }
  const info = { title: 'PowerAuth Push Server', version: '1.0.0', description };
  return { openapi: '3.1.0', info, paths, components: { schemas: schemas(), securitySchemes } };
}

function routesOf(controller: Type): RouteMetadata[] {
  const methods = Object.getOwnPropertyDescriptors(controller.prototype as Record<string, object>);
  return Object.values<TypedPropertyDescriptor<object>>(methods)
    .map(({ value }) =>
      value === undefined
        ? undefined
        : (Reflect.getMetadata(routeMetadata, value) as RouteMetadata | undefined),
    )
    .filter((route) => route !== undefined);
}

function operationOf(route: RouteMetadata, tag: string, path: string): Operation {
  const { allow, summary, request, response, query = {}, paged } = route;
  const body = route.body ?? (request && z.object({ requestObject: request }));
  const answer = z.strictObject({
    status: z.literal('OK'),
    ...(response && { responseObject: response }),
    ...(paged && { page: z.int(), size: z.int() }),
  });
  return {
    tags: [tag],
    summary,
    security: allow === 'anyone' ? [] : [{ bearer: [allow] }],
    parameters: [
      ...(path.includes('{id}')
        ? [{ name: 'id', in: 'path', required: true, schema: schemaOf(z.int().min(1)) } as const]
        : []),
      ...Object.entries(query).map(
        ([name, type]) => ({ name, in: 'query', required: false, schema: schemaOf(type) }) as const,
      ),
    ],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: { description: 'Done', content: json(answer) },
      400: { description: 'Refused: malformed, or against a rule', content: json(Failure) },
      401: { description: 'Not for this caller', content: json(Failure) },
    },
  };
}

const json = (type: z.ZodType): JsonContent => ({
  'application/json': { schema: schemaOf(type) },
});

/** Models by reference, anything else in place. */
function schemaOf(type: z.ZodType): JsonSchema {
  const id = models.get(type)?.id;
  if (id !== undefined) return { $ref: reference(id) };
  const schema = withoutHead(z.toJSONSchema(type, { metadata: models }));
  return JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', reference(''))) as JsonSchema;
}

function schemas(): Record<string, JsonSchema> {
  const written = z.toJSONSchema(models, { uri: reference }).schemas;
  return Object.fromEntries(
    Object.entries(written).map(([id, schema]) => [id, withoutHead(schema)]),
  );
}

/** A schema within a document names neither its dialect nor itself. */
function withoutHead(schema: object): JsonSchema {
  const head = ['$schema', '$id', '$defs'];
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !head.includes(key)));
}

const reference = (id: string) => `#/components/schemas/${id}`;
