import type { Actor } from '@app/core';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';

/** Where the edge leaves the caller: on the HTTP request, and in the context of a GraphQL operation. */
export interface WithActor {
  actor: Actor;
}

/** The caller, for the services' first argument. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const holder =
    context.getType<string>() === 'graphql'
      ? GqlExecutionContext.create(context).getContext<WithActor>()
      : context.switchToHttp().getRequest<WithActor>();
  return holder.actor;
});
