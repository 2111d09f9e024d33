import { type KeyObject, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  connect,
} from 'node:http2';
import { Clock } from '@app/core';
import { SignJWT } from 'jose';

/** A clock that stands until it is moved. */
export class HandClock extends Clock {
  constructor(private at = new Date('2026-06-01T12:00:00Z')) {
    super();
  }

  now(): Date {
    return this.at;
  }

  advance(milliseconds: number): void {
    this.at = new Date(this.at.getTime() + milliseconds);
  }
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A lost request, with the HTTP/2 error code of its stream. */
export class LostRequest extends Error {
  constructor(readonly code: number) {
    super(`stream closed with code ${code}`);
  }
}

/** One HTTP/2 connection that trusts the simulator's CA. */
export class Http2Client {
  readonly session: ClientHttp2Session;

  constructor(url: string, ca: string) {
    this.session = connect(url, { ca });
    this.session.on('error', () => undefined);
  }

  /** Resolves once the peer's SETTINGS were received, so that its stream limit is known. */
  async ready(): Promise<this> {
    await once(this.session, 'remoteSettings');
    return this;
  }

  send(path: string, headers: OutgoingHttpHeaders, body: string | object): Promise<Response> {
    return new Promise((resolve, reject) => {
      const stream = this.session.request({ ':method': 'POST', ':path': path, ...headers });
      let received: IncomingHttpHeaders | undefined;
      let text = '';
      stream.setEncoding('utf8');
      stream.on('response', (responseHeaders) => (received = responseHeaders));
      stream.on('data', (chunk: string) => (text += chunk));
      stream.on('error', () => undefined);
      stream.on('close', () => {
        if (received === undefined) reject(new LostRequest(stream.rstCode));
        else resolve({ status: Number(received[':status']), headers: received, text });
      });
      stream.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  async close(): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, 'close');
    this.session.destroy();
    await closed;
  }
}

export interface Signer {
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
}

export function ecSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

export function rsaSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** Makes an APNs `authorization` header. */
export async function providerToken(
  signer: Signer,
  clock: Clock,
  { teamId = 'TEAMID1234', keyId = 'KEYID12345', ageMs = 0 } = {},
): Promise<string> {
  const issuedAt = Math.floor((clock.now().getTime() - ageMs) / 1000);
  const jwt = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setIssuedAt(issuedAt)
    .sign(signer.privateKey);
  return `bearer ${jwt}`;
}

export const alert = { aps: { alert: { title: 'Hello', body: 'World' } } };
export const topic = 'com.example.bank';
/** Makes the token of a device, neither 64 digits long nor meant to be. */
export const device = (number: number): string => `0a${number.toString(16).padStart(6, '0')}`;
