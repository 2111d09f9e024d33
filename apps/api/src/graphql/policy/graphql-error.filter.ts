import { asRefusal, DomainError } from '@app/core';
import { type ArgumentsHost, Catch, HttpException } from '@nestjs/common';
import { GraphQLError } from 'graphql';
import type { AreaFilter } from '../../http/area-filter';
import { formatError } from './format-error';

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: object): unknown;
}

/** Renders as GraphQL does what Fastify refuses before Apollo is reached: bodies that it can't read, other methods. */
@Catch()
export class GraphQLErrorFilter implements AreaFilter {
  owns(url: string): boolean {
    return /^\/graphql\/?(\?|$)/.test(url);
  }

  catch(caught: unknown, host: ArgumentsHost): void {
    const error = asRefusal(caught);
    const status = statusOf(error);
    const reply = host.switchToHttp().getResponse<Reply>().code(status);
    if (status === 405) reply.header('allow', 'GET, POST');
    const message =
      status === 405 ? 'GraphQL is spoken with POST' : error instanceof Error ? error.message : '';
    const code = status < 500 ? { code: 'BAD_REQUEST' } : {};
    const originalError = error instanceof DomainError || status >= 500 ? error : undefined;
    const shown = new GraphQLError(message, {
      extensions: code,
      ...(originalError instanceof Error && { originalError }),
    });
    reply.send({ errors: [formatError(shown.toJSON(), shown)] });
  }
}

/** The path exists, so what Nest does not find there is the method. */
function statusOf(error: unknown): number {
  if (error instanceof DomainError) return 400;
  const status = error instanceof HttpException ? error.getStatus() : 500;
  return status === 404 ? 405 : status;
}
