import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { openSocket } from '@app/http2';
import type { Origin } from '../http2/origin';

const timeoutMs = 10_000;
const maxBodyBytes = 65_536;

export interface FormAnswer {
  readonly status: number;
  readonly body: string;
}

/** Posts a form to `/token` over HTTP/1.1. Rejects with the error of the socket. */
export async function postForm(origin: Origin, form: Record<string, string>): Promise<FormAnswer> {
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = await socketTo(origin, signal);
  return new Promise((resolve, reject) => {
    const body = new URLSearchParams(form).toString();
    const outgoing = request(
      {
        createConnection: () => socket,
        host: origin.host,
        port: origin.port,
        method: 'POST',
        path: '/token',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
          connection: 'close',
        },
        signal,
      },
      (incoming) => {
        textOf(incoming).then((text) => {
          resolve({ status: incoming.statusCode ?? 0, body: text });
        }, reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function socketTo(origin: Origin, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const opening = openSocket(origin, 'http/1.1', {
      connected: resolve,
      failed: (error) => {
        reject(error ?? new Error('the connection was closed'));
      },
    });
    signal.addEventListener('abort', () => {
      opening.destroy();
      reject(Object.assign(new Error('no connection in time'), { code: 'ABORT_ERR' }));
    });
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBodyBytes) break;
  }
  return Buffer.concat(chunks).toString();
}
