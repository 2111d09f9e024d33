import type { Permission } from '@app/core';
import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Extensions } from '@nestjs/graphql';

/**
 * The callers that are let in: the holders of a permission, or `anyone`, or `authenticated` (whoever has shown who he
 * is), or `me` (a user, for what is his own). `newcomer` opens what `authenticated` does to operators who have still to
 * choose a password of their own.
 */
export type Access = Permission | 'anyone' | 'authenticated' | 'newcomer' | 'me';

export const accessMetadata = 'carillon:access';

/**
 * Opens a REST handler, or a field of the GraphQL schema, to callers who have one of these; without it both are closed.
 * It is only the first check: the services know of which application a thing is, and ask again.
 */
export function Allow(
  ...allowed: readonly [Access, ...Access[]]
): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(accessMetadata, allowed),
    Extensions({ [accessMetadata]: allowed }),
  );
}
