import { All, applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Allow } from '../../access/allow';
import { lenientJson } from '../../http/lenient-json';
import { type RouteMetadata, routeMetadata, type RouteOptions, type Verb } from './metadata';

/** Maps a route under all spellings that clients use, and to every verb, so that the guard sees wrong ones. */
export function Route(
  verbs: readonly Verb[],
  paths: readonly string[],
  options: RouteOptions,
): MethodDecorator {
  const metadata: RouteMetadata = { verbs, paths, ...options };
  return applyDecorators(
    All([...paths]),
    HttpCode(200),
    Allow(options.allow),
    RouteConfig(lenientJson),
    SetMetadata(routeMetadata, metadata),
  );
}
