import type { IncomingHttpHeaders } from 'node:http';
import type { Gateway } from '@app/core';
import type { Answer, GatewayRequest } from './request';

export interface LoggedRequest {
  readonly gateway: Gateway;
  readonly method: string;
  readonly path: string;
  /** The headers without `authorization` and HTTP/2's pseudo-headers. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The body; empty for the token endpoint, whose requests and answers are credentials. */
  readonly body: string;
  /** Absent when a fault left the request without an answer. */
  readonly answer?: { readonly status: number; readonly body: string };
}

interface Entry {
  readonly gateway: Gateway;
  readonly request: GatewayRequest;
  readonly answer: Answer | undefined;
}

/** Keeps the last requests for contract tests: a ring of references, made readable only when somebody asks. */
export class RequestLog {
  #entries: Entry[] = [];
  #next = 0;

  constructor(private readonly size = 1000) {}

  add(gateway: Gateway, request: GatewayRequest, answer: Answer | undefined): void {
    if (this.size === 0) return;
    this.#entries[this.#next] = { gateway, request, answer };
    this.#next = (this.#next + 1) % this.size;
  }

  /** @returns the last `limit` requests, the newest first. */
  last(limit = this.size): LoggedRequest[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)]
      .reverse()
      .slice(0, limit)
      .map(readable);
  }

  reset(): void {
    this.#entries = [];
    this.#next = 0;
  }
}

function readable({ gateway, request, answer }: Entry): LoggedRequest {
  const { method, path } = request;
  const secret = path.endsWith('/token');
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => name !== 'authorization' && !name.startsWith(':'),
    ),
  );
  return {
    gateway,
    method,
    path,
    headers,
    body: secret ? '' : request.body,
    ...(answer && { answer: { status: answer.status, body: secret ? '' : answer.body } }),
  };
}
