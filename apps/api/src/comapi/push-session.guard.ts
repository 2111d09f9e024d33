import type { PushCaller } from '@app/auth';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { allowedBy } from '../access/access.guard';
import type { WithActor } from '../access/current-actor';
import { demandAccess } from '../access/demand-access';
import { type ApiSpaceRequest, PushSessionStrategy } from './push-session.strategy';
import { runStrategy } from '../access/run-strategy';

interface WithPushCaller extends WithActor {
  pushCaller: PushCaller;
}

/** Lets in callers with the token of a push session. */
@Injectable()
export class PushSessionGuard implements CanActivate {
  constructor(
    private readonly strategy: PushSessionStrategy,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const request = context.switchToHttp().getRequest<ApiSpaceRequest & WithPushCaller>();
    const caller = await runStrategy<PushCaller>(this.strategy, request);
    demandAccess(caller.actor, allowedBy(context, this.reflector));
    request.actor = caller.actor;
    request.pushCaller = caller;
    return true;
  }
}

/** Passes the caller with his session to a handler. */
export const CurrentPushCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext): PushCaller =>
    context.switchToHttp().getRequest<WithPushCaller>().pushCaller,
);
