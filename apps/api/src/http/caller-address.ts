import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { AddressList, Config } from '@app/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Stands for the address of a caller whom a trusted proxy names no address of (RFC 7239 §6.2): it is on no list. */
const unknownAddress = 'unknown';

/**
 * Gives every request the address that `callerAddress` reads as its `ip`. Fastify's own reading, `trustProxy`, takes
 * what a proxy wrote as it is, a port included, which is no address then, and another one with each connection.
 */
export function readAddresses(app: NestFastifyApplication): void {
  const trustedProxies = new AddressList(app.get(Config, { strict: false }).trustedProxies);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    Object.defineProperty(request, 'ip', { value: callerAddress(request.raw, trustedProxies) });
    done();
  });
}

/**
 * Finds where a request came from: X-Forwarded-For is read from its end, for as long as those who wrote it are trusted.
 * @returns an address in its one spelling, see `addressIn`, or `unknown`; undefined where the connection has gone
 */
export function callerAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  trustedProxies: AddressList,
): string | undefined {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return undefined;
  let address = addressIn(remoteAddress);
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const hops = forwarded.split(',').filter((hop) => hop.trim() !== '');
  while (address !== undefined && trustedProxies.has(address)) {
    const before = hops.pop();
    if (before === undefined) break;
    address = addressIn(before);
  }
  return address ?? unknownAddress;
}

/**
 * Reads the address of a hop, which some proxies write with the port of the connection, and with IPv6 in brackets or in
 * quotation marks (RFC 7239 §6). IPv4 in the spelling of IPv6 becomes IPv4, other IPv6 what URLs make of it; an
 * interface (`%eth0`) is left out.
 * @returns undefined where there is none
 */
export function addressIn(hop: string): string | undefined {
  const text = hop.trim().replace(/^"(.*)"$/, '$1');
  const [, bracketed, dotted] =
    /^(?:\[([^\]]*)\]|(\d+(?:\.\d+){3}))(?::\d{1,5})?$/.exec(text) ?? [];
  const [address = ''] = (bracketed ?? dotted ?? text).split('%');
  switch (isIP(address)) {
    case 4:
      return bracketed === undefined ? address : undefined;
    case 6:
      return withoutMapping(new URL(`http://[${address}]`).hostname.slice(1, -1));
    default:
      return undefined;
  }
}

/** Returns the IPv4 address in `::ffff:cb00:7107`, as URLs write it. RFC 4291 §2.5.5.2 */
function withoutMapping(address: string): string {
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const bytes = [high, low].map((group) => parseInt(group, 16)).flatMap((n) => [n >> 8, n & 0xff]);
  return bytes.join('.');
}
