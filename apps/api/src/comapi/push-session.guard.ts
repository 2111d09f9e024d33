import { type PushCaller, PushSessionTokens } from '@app/auth';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { allowedBy } from '../access/access.guard';
import { type AllowanceReply, CallerAllowances } from '../access/caller-allowances';
import type { WithActor } from '../access/current-actor';
import { demandAccess } from '../access/demand-access';
import { TokenStrategy } from '../access/token-strategy';
import { type ApiSpaceRequest, pushSessionTokenKind } from './push-session-token-kind';

interface WithPushCaller extends WithActor {
  pushCaller: PushCaller;
}

/** Lets in callers with the token of a push session. */
@Injectable()
export class PushSessionGuard implements CanActivate {
  private readonly strategy: TokenStrategy<PushCaller>;

  constructor(
    tokens: PushSessionTokens,
    private readonly reflector: Reflector,
    private readonly allowances: CallerAllowances,
  ) {
    this.strategy = new TokenStrategy(pushSessionTokenKind(tokens));
  }

  async canActivate(context: ExecutionContext): Promise<true> {
    const http = context.switchToHttp();
    const request = http.getRequest<ApiSpaceRequest & WithPushCaller>();
    const caller = await this.strategy.identify(request);
    await this.allowances.count(caller.actor, http.getResponse<AllowanceReply>());
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
