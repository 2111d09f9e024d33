import { Actor, Config, type Permission } from '@app/core';
import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  MethodNotAllowedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { allowedBy } from '../../access/access.guard';
import { Authenticator } from '../../access/authenticator';
import type { BearerRequest } from '../../access/bearer';
import type { WithActor } from '../../access/current-actor';
import { demandAccess } from '../../access/demand-access';
import { routeMetadata, type RouteMetadata } from './metadata';
import type { Reply, Request } from './request';

/** Permissions for all that these routes can do, which everybody has where POWERAUTH_COMPAT is `open`. */
const openPermissions: readonly Permission[] = [
  'applications:read',
  'applications:write',
  'credentials:write',
  'devices:write',
  'messages:send',
  'campaigns:read',
  'campaigns:write',
  'campaigns:send',
];

/** Whoever calls where POWERAUTH_COMPAT is `open`; all are one. */
function anybody(address: string | undefined): Actor {
  return new Actor({ kind: 'anonymous', id: 'powerauth', permissions: openPermissions, address });
}

/** Lets in callers whom the compat mode allows, with a verb that the route has. */
@Injectable()
export class PowerAuthGuard implements CanActivate {
  constructor(
    private readonly config: Config,
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<true> {
    const http = context.switchToHttp();
    const { verbs } = Reflect.getMetadata(routeMetadata, context.getHandler()) as RouteMetadata;
    const request = http.getRequest<Request & BearerRequest & WithActor>();
    const verb = request.method === 'HEAD' ? 'GET' : request.method;
    if (!verbs.some((allowed) => allowed === verb)) {
      http.getResponse<Reply>().header('allow', verbs.join(', '));
      throw new MethodNotAllowedException();
    }
    request.actor = await this.actorOf(request);
    demandAccess(request.actor, allowedBy(context, this.reflector));
    return true;
  }

  private async actorOf(request: BearerRequest): Promise<Actor> {
    // Where the routes are open nobody asks who it is: unmodified clients may send what they like.
    return this.config.powerAuthCompat === 'open'
      ? anybody(request.ip)
      : this.authenticator.identify(request);
  }
}
