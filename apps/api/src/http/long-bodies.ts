import { type Readable, Transform } from 'node:stream';
import { NotFoundException, PayloadTooLargeException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BodyLimits } from './body-limits';
import { isStreamed } from './streamed-body';

/** The part of a request that is there before its body. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip: string;
}

/** Says who may send long bodies to the routes of an edge. */
export interface Senders {
  /** @param route as it was registered: the path, with its parameters as `:name` */
  owns(route: string): boolean;
  /**
   * Judges a request by its head: its body is still in the socket.
   * @param route the one that it was sent to
   * @throws DomainError, as the edge refuses whoever has not shown who he is
   */
  assertKnown(request: RequestHead, route: string): Promise<unknown>;
}

/**
 * Reads no more than `BodyLimits.strangersBytes` of callers who have not shown who they are: a body is held as a whole,
 * and those of strangers would fill the memory. Routes that nobody `owns` take no longer bodies from anybody, for what
 * they want is small. Uploads are not held, and read after their guard.
 */
export function refuseLongBodies(app: NestFastifyApplication, edges: readonly Senders[]): void {
  const { strangersBytes } = app.get(BodyLimits, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();

  const refusalOf = async (request: RequestHead, route?: string): Promise<Error | undefined> => {
    // Nest says it so, and the answer tells nothing of it.
    if (route === undefined)
      return new NotFoundException(`Cannot ${request.method} ${request.url}`);
    const edge = edges.find((each) => each.owns(route));
    if (edge === undefined) return new PayloadTooLargeException('Request body is too large');
    try {
      await edge.assertKnown(request, route);
      return undefined;
    } catch (refusal) {
      return refusal as Error;
    }
  };

  fastify.addHook('preParsing', async (request, _reply, payload) => {
    const { headers, routeOptions } = request;
    const isChunked = headers['transfer-encoding'] !== undefined;
    const isLong = isChunked || Number(headers['content-length'] ?? 0) > strangersBytes;
    if (!isLong || isStreamed(routeOptions.config)) return payload;
    const refusal = await refusalOf(request, request.is404 ? undefined : routeOptions.url);
    if (refusal === undefined) return payload;
    if (isChunked) return upTo(strangersBytes, payload, refusal);
    throw refusal;
  });
}

/** Passes on what comes, up to a number of bytes; what comes after them is an error. */
function upTo(bytes: number, payload: Readable, refusal: Error): Transform {
  let left = bytes;
  const bounded = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      left -= chunk.length;
      if (left < 0) done(refusal);
      else done(null, chunk);
    },
  });
  payload.once('error', (error) => bounded.destroy(error));
  return payload.pipe(bounded);
}
