import { All, applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { lenientJson } from './lenient-json';
import { type RouteDocs, type RouteMetadata, routeMetadata, type Verb } from './metadata';

/** A route under all verbs and spellings that clients use. It is mapped to every verb, so that the guard sees wrong ones. */
export function Route(
  verbs: readonly Verb[],
  paths: readonly string[],
  docs: RouteDocs,
): MethodDecorator {
  const metadata: RouteMetadata = { verbs, paths, ...docs };
  return applyDecorators(
    All([...paths]),
    HttpCode(200),
    RouteConfig(lenientJson),
    SetMetadata(routeMetadata, metadata),
  );
}
