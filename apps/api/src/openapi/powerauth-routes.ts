import type { Type } from '@nestjs/common';
import { z } from 'zod';
import { Failure, models } from '../powerauth/models';
import {
  type ControllerMetadata,
  controllerMetadata,
  type RouteMetadata,
  routeMetadata,
} from '../powerauth/protocol/metadata';
import type { Content, JsonSchema, OpenApiPart, Operation } from './document';
import { answer, inPath, json as jsonOf, reference } from './json-schema';

const description = `The REST interface of PowerAuth Push Server 1.0, for its clients. Bodies are read leniently: unknown
keys are ignored, numbers may be text, nulls stand for absent values. Where POWERAUTH_COMPAT is \`open\`, no token is asked for.`;

/** Describes the routes of these controllers. @param prefix comes before their paths */
export function powerAuthRoutes(controllers: readonly Type[], prefix: string): OpenApiPart {
  const tags: { name: string; description: string }[] = [];
  const paths: Record<string, Record<string, Operation>> = {};
  for (const controller of controllers) {
    const { path } = Reflect.getMetadata(controllerMetadata, controller) as ControllerMetadata;
    tags.push({ name: path, description });
    for (const route of routesOf(controller)) {
      for (const rest of route.paths) {
        const local = `${path}/${rest}`.replace(':id', '{id}');
        paths[`${prefix}/${local}`] = Object.fromEntries(
          route.verbs.map((verb, place) => [
            verb.toLowerCase(),
            operationOf(route, path, local, place === 0 ? '' : `-${verb.toLowerCase()}`),
          ]),
        );
      }
    }
  }
  return { tags, paths, schemas: schemas() };
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

/** @param suffix tells the verbs of one path apart */
function operationOf(route: RouteMetadata, tag: string, path: string, suffix: string): Operation {
  const { allow, summary, request, response, query = {}, paged } = route;
  const body = route.body ?? (request && z.object({ requestObject: request }));
  const reply = z.strictObject({
    status: z.literal('OK'),
    ...(response && { responseObject: response }),
    ...(paged && { page: z.int(), size: z.int() }),
  });
  return {
    operationId: camelCase(path + suffix),
    tags: [tag],
    summary,
    security: allow === 'anyone' ? [] : [{ bearer: [allow] }],
    parameters: [
      ...(path.includes('{id}')
        ? [inPath('id', 'Number of the campaign', schemaOf(z.int().min(1)))]
        : []),
      ...Object.entries(query).map(
        ([name, type]) => ({ name, in: 'query', required: false, schema: schemaOf(type) }) as const,
      ),
    ],
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: answer('Done', json(reply)),
      400: answer('Refused: malformed, or against a rule', json(Failure)),
      401: answer('Not for this caller', json(Failure)),
    },
  };
}

/** Writes `push/campaign/{id}/user/add` as `pushCampaignUserAdd`. */
const camelCase = (path: string) =>
  path
    .replace('/{id}', '')
    .replace(/[^a-z]+([a-z])/gi, (_, letter: string) => letter.toUpperCase());

const json = (type: z.ZodType): Content => jsonOf(schemaOf(type));

/** Describes models by reference, anything else in place. */
function schemaOf(type: z.ZodType): JsonSchema {
  const id = models.get(type)?.id;
  if (id !== undefined) return reference(id);
  const schema = withoutHead(z.toJSONSchema(type, { metadata: models }));
  return JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', uriOf(''))) as JsonSchema;
}

function schemas(): Record<string, JsonSchema> {
  const written = z.toJSONSchema(models, { uri: uriOf }).schemas;
  return Object.fromEntries(
    Object.entries(written).map(([id, schema]) => [id, withoutHead(schema)]),
  );
}

/** Drops what a schema within a document does not name: its dialect and itself. */
function withoutHead(schema: object): JsonSchema {
  const head = ['$schema', '$id', '$defs'];
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !head.includes(key)));
}

const uriOf = (id: string) => `#/components/schemas/${id}`;
