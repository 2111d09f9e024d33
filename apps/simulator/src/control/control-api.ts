import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { browserSign, isWriteOfProgram } from '@app/core';
import { SimulatorInputError } from '../faults/simulator.errors';
import { HttpError, type Reply, type Route } from './control-route';

const maxBodyBytes = 1024 * 1024;

/**
 * Serves the simulator by plain HTTP and JSON, for other languages and curl. It asks no credentials, so it is on the
 * loopback only, and for programs only: whoever sits here may have a browser open.
 */
export class ControlApi {
  readonly #server: Server;
  #port: number;

  constructor(
    private readonly routes: readonly Route[],
    private readonly host: string,
    port: number,
  ) {
    this.#port = port;
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  get url(): string {
    return `http://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.#port}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, this.host, () => {
        this.#port = (this.#server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const reply = await this.#route(request);
      if ('json' in reply) send(response, 200, JSON.stringify(reply.json), 'application/json');
      else send(response, 200, reply.text, reply.type);
    } catch (error) {
      const { status, message } = problemOf(error);
      send(response, status, JSON.stringify({ error: message }), 'application/json');
    }
  }

  async #route(request: IncomingMessage): Promise<Reply> {
    assertProgram(request);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const here = this.routes.filter((route) => route.path.test(url.pathname));
    if (here.length === 0) throw new HttpError(404, `there is no ${url.pathname}; GET / lists all`);
    const route = here.find(({ method }) => method === request.method);
    if (route === undefined) {
      const allowed = here.map(({ method }) => method).join(', ');
      throw new HttpError(405, `${url.pathname} takes ${allowed}, not ${request.method ?? ''}`);
    }
    const parts = (route.path.exec(url.pathname) ?? []).slice(1).map(decode);
    const body = route.method === 'POST' ? await readJson(request) : undefined;
    return route.handle({ parts, query: url.searchParams, body });
  }
}

const noHosts: ReadonlySet<string> = new Set();

/** @throws HttpError where it may be the request of a page in a browser */
function assertProgram({ method = '', headers }: IncomingMessage): void {
  const sign = browserSign(headers, noHosts);
  if (sign !== undefined) {
    throw new HttpError(
      403,
      `only programs on this machine are served, and ${sign} tells otherwise`,
    );
  }
  if (!isWriteOfProgram(method, headers)) {
    throw new HttpError(415, `${method} wants the content type application/json`);
  }
}

/** @returns undefined for an empty body. @throws HttpError */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  }
  if (bytes > maxBodyBytes) throw new HttpError(413, `a body has at most ${maxBodyBytes} bytes`);
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new HttpError(400, 'the body is not JSON');
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(400, `${part} is not percent-encoded text`);
  }
}

function problemOf(error: unknown): { status: number; message: string } {
  if (error instanceof HttpError) return error;
  if (error instanceof SimulatorInputError) return { status: 400, message: error.message };
  return { status: 500, message: 'internal error' };
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body);
}
