import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Access, accessMetadata } from './allow';
import { Authenticator } from './authenticator';
import { type AllowanceReply, CallerAllowances, uncountedMetadata } from './caller-allowances';
import type { BearerRequest } from './bearer';
import type { WithActor } from './current-actor';
import { demandAccess } from './demand-access';

const ownGuard = 'carillon:own-guard';

/** Guards a controller whose callers come in otherwise than by the tokens of `Authenticator`. */
export function GuardedBy(guard: Type<CanActivate>): ClassDecorator {
  return applyDecorators(SetMetadata(ownGuard, true), UseGuards(guard));
}

/** Reads whom a REST handler allows. @throws Error when it does not say, which is a mistake of ours */
export function allowedBy(context: ExecutionContext, reflector: Reflector): readonly Access[] {
  const places = [context.getHandler(), context.getClass()];
  const allowed = reflector.getAllAndOverride<readonly Access[] | undefined>(
    accessMetadata,
    places,
  );
  if (allowed !== undefined) return allowed;
  throw new Error(
    `${context.getClass().name}.${context.getHandler().name} says not whom it allows`,
  );
}

/** Lets callers into the REST handlers that allow them. GraphQL's fields are guarded in the schema, see `guardFields`. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly allowances: CallerAllowances,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    if (context.getType() !== 'http') return true;
    if (this.reflector.get<true | undefined>(ownGuard, context.getClass()) === true) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<BearerRequest & WithActor>();
    const allowed = allowedBy(context, this.reflector);
    const { actor, refusal } = await this.authenticator.callerOf(request);
    const isUncounted = this.reflector.get<true | undefined>(uncountedMetadata, context.getClass());
    if (isUncounted !== true)
      await this.allowances.count(actor, http.getResponse<AllowanceReply>());
    if (refusal !== undefined && !allowed.includes('anyone')) throw refusal;
    request.actor = actor;
    demandAccess(request.actor, allowed);
    return true;
  }
}
