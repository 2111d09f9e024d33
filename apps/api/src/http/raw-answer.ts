import { STATUS_CODES } from 'node:http';
import type { Config } from '@app/core';
import { protectionOf } from './protect-answers';

/** Writes an answer for a connection on which no request is served: a problem (RFC 9457), after which it ends. */
export function rawAnswer(config: Config, status: number, detail: string): string {
  const title = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  const headers = {
    ...protectionOf(config),
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${title}`, ...lines, '', body].join('\r\n');
}
