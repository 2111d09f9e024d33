import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type Failure, failureOf } from './failure';
import { problems } from './problems';
import type { FailedRequest, Renderer } from './renderer';

/** The place where the filter leaves its answer, for those who look at it afterwards. */
export interface MaybeFailed {
  failure?: Failure;
}

interface Request extends FailedRequest, MaybeFailed {
  /** The route; its path is absent where none was found. */
  readonly routeOptions: { readonly url?: string };
}

interface Reply {
  code(status: number): Reply;
  headers(values: Readonly<Record<string, string>>): Reply;
  send(body?: object): unknown;
}

/**
 * Answers all that goes wrong over HTTP, in the form of the edge that was called; unknown routes, and bodies that
 * Fastify refuses, reach no controller. Errors of GraphQL's fields pass: `formatError` renders them.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly renderers: readonly Renderer[]) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType<string>() === 'graphql') return error;
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    // A URL may spell its route with escapes; where there is none, or one for all URLs, it says whose it would be.
    const paths = [request.routeOptions.url ?? '', request.url];
    const renderer =
      this.renderers.find((each) => paths.some((path) => each.owns(path))) ?? problems;
    const failure = failureOf(error, renderer.edge);
    const { status, headers = {}, body } = renderer.render(failure, request);
    request.failure = failure;
    http.getResponse<Reply>().code(status).headers(headers).send(body);
    return undefined;
  }
}
