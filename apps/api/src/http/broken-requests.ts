import type { Socket } from 'node:net';
import type { Config } from '@app/core';
import { rawAnswer } from './raw-answer';

const refusals: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The head of the request did not come in time'],
  HPE_HEADER_OVERFLOW: [431, 'The head of the request is too long'],
};

/** Answers what is no request of HTTP, or does not become one in time, and closes its connection. */
export function answerBrokenRequests(config: Config) {
  return ({ code = '' }: NodeJS.ErrnoException, socket: Socket): void => {
    if (code === 'ECONNRESET' || socket.destroyed) return;
    const [status, detail] = refusals[code] ?? [400, 'This is no request of HTTP/1.1'];
    if (socket.writable) socket.write(rawAnswer(config, status, detail));
    socket.destroy();
  };
}
