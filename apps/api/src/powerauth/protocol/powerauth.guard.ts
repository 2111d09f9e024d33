import { Config } from '@app/core';
import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  MethodNotAllowedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { allowedBy } from '../../access/access.guard';
import { Authenticator } from '../../access/authenticator';
import { type AllowanceReply, CallerAllowances } from '../../access/caller-allowances';
import type { BearerRequest } from '../../access/bearer';
import type { WithActor } from '../../access/current-actor';
import { demandAccess } from '../../access/demand-access';
import {
  controllerMetadata,
  type ControllerMetadata,
  routeMetadata,
  type RouteMetadata,
} from './metadata';
import { PowerAuthCallers } from './powerauth-callers';
import { adminPath } from './powerauth-path';
import type { Reply, Request } from './request';

/** Lets in callers whom the compat mode allows, with a verb that the route has. */
@Injectable()
export class PowerAuthGuard implements CanActivate {
  private readonly callers: PowerAuthCallers;

  constructor(
    config: Config,
    authenticator: Authenticator,
    private readonly reflector: Reflector,
    private readonly allowances: CallerAllowances,
  ) {
    this.callers = new PowerAuthCallers(config, authenticator);
  }

  async canActivate(context: ExecutionContext): Promise<true> {
    const http = context.switchToHttp();
    const { verbs } = Reflect.getMetadata(routeMetadata, context.getHandler()) as RouteMetadata;
    const request = http.getRequest<Request & BearerRequest & WithActor>();
    const verb = request.method === 'HEAD' ? 'GET' : request.method;
    if (!verbs.some((allowed) => allowed === verb)) {
      http.getResponse<Reply>().header('allow', verbs.join(', '));
      throw new MethodNotAllowedException();
    }
    const allowed = allowedBy(context, this.reflector);
    const controller = Reflect.getMetadata(controllerMetadata, context.getClass()) as unknown;
    const isAdmin = (controller as ControllerMetadata).path === adminPath;
    request.actor = allowed.includes('anyone')
      ? await this.callers.identify(request, isAdmin)
      : await this.callers.admit(request, isAdmin);
    await this.allowances.count(request.actor, http.getResponse<AllowanceReply>());
    demandAccess(request.actor, allowed);
    return true;
  }
}
