import type { Actor } from '@app/core';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';

/** The place where the edge leaves the caller: the HTTP request, and the context of a GraphQL operation. */
export interface WithActor {
  actor: Actor;
}

/** Passes the caller to a handler, for the services' first argument. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const holder =
    context.getType<string>() === 'graphql'
      ? GqlExecutionContext.create(context).getContext<WithActor>()
      : context.switchToHttp().getRequest<WithActor>();
  return holder.actor;
});
