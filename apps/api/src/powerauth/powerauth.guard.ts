import { Config } from '@app/core';
import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  MethodNotAllowedException,
} from '@nestjs/common';
import type { Reply, Request } from './exchange';
import { Unauthorized } from './refusals';
import { routeMetadata, type RouteMetadata } from './metadata';

/** Lets in what the compat mode allows, by a verb that the route has. */
@Injectable()
export class PowerAuthGuard implements CanActivate {
  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp();
    const { verbs } = Reflect.getMetadata(routeMetadata, context.getHandler()) as RouteMetadata;
    const { method } = http.getRequest<Request>();
    const verb = method === 'HEAD' ? 'GET' : method;
    if (!verbs.some((allowed) => allowed === verb)) {
      http.getResponse<Reply>().header('allow', verbs.join(', '));
      throw new MethodNotAllowedException();
    }
    // There are no tokens yet that could let a caller in.
    if (this.config.powerAuthCompat !== 'open') throw new Unauthorized();
    return true;
  }
}
