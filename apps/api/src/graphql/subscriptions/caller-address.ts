import type { IncomingMessage } from 'node:http';
import type { AddressList } from '@app/core';

/**
 * Finds where a request came from, as Fastify does for the requests that it sees: X-Forwarded-For is read from its end,
 * for as long as those who wrote it are trusted.
 */
export function callerAddress(
  { headers, socket }: IncomingMessage,
  trustedProxies: AddressList,
): string | undefined {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const hops = forwarded.split(',').map((hop) => hop.trim());
  let address = socket.remoteAddress;
  while (address !== undefined && trustedProxies.has(address)) {
    const before = hops.pop();
    if (before === undefined || before === '') break;
    address = before;
  }
  return address;
}
