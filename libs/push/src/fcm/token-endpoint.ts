import { request, type IncomingMessage } from 'node:http';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { Origin } from '../http2/origin';

const timeoutMs = 10_000;
const maxBodyBytes = 65_536;

export interface FormAnswer {
  readonly status: number;
  readonly body: string;
}

/** Posts a form to `/token` over HTTP/1.1. Rejects with the error of the socket. */
export function postForm(origin: Origin, form: Record<string, string>): Promise<FormAnswer> {
  return new Promise((resolve, reject) => {
    const body = new URLSearchParams(form).toString();
    const outgoing = request(
      {
        createConnection: () => socketTo(origin),
        host: origin.host,
        port: origin.port,
        method: 'POST',
        path: '/token',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body),
          connection: 'close',
        },
        signal: AbortSignal.timeout(timeoutMs),
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

function socketTo({ host, port, tls }: Origin): Socket {
  return tls === undefined
    ? connectPlain({ host, port })
    : connectSecure({
        host,
        port,
        secureContext: tls,
        ALPNProtocols: ['http/1.1'],
        // tls.connect sends no name of itself. RFC 6066 §3: a name, never an address.
        ...(isIP(host) === 0 && { servername: host }),
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
