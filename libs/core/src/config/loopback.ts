import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Tells whether a URL leads to this machine. */
export const isLoopback = (url: string): boolean => isLoopbackHost(new URL(url).hostname);

/** Tells whether a host stands for this machine. @param host as a URL's `hostname` has it, or an address */
export function isLoopbackHost(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const version = isIP(address);
  if (version === 0) return host === 'localhost';
  return loopback.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
