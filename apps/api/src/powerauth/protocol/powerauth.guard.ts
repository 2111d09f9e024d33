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
import {
  controllerMetadata,
  type ControllerMetadata,
  routeMetadata,
  type RouteMetadata,
} from './metadata';
import { OpenDoor } from './open-door';
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
  private readonly door: OpenDoor;

  constructor(
    private readonly config: Config,
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
  ) {
    this.door = new OpenDoor(config);
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
    const isPublic = allowed.includes('anyone');
    if (!isPublic) this.door.assertAddress(request);
    const isOpen = this.isOpen(context);
    if (isOpen && !isPublic) this.door.assertProgram(request);
    // Where the routes are open nobody asks who it is: unmodified clients may send what they like.
    request.actor = isOpen ? anybody(request.ip) : await this.authenticator.identify(request);
    demandAccess(request.actor, allowed);
    return true;
  }

  private isOpen(context: ExecutionContext): boolean {
    const { powerAuthCompat, powerAuthOpenAdmin } = this.config;
    if (powerAuthCompat !== 'open') return false;
    const controller = Reflect.getMetadata(controllerMetadata, context.getClass()) as unknown;
    return (controller as ControllerMetadata).path !== 'admin/app' || powerAuthOpenAdmin;
  }
}
