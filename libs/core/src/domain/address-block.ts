import { isIP } from 'node:net';

/**
 * Returns what attempts are counted by: an IPv4 address, also one in the spelling of IPv6, is itself; an IPv6 address
 * counts as its /64, for whoever has one address has the 2^64 of its network. Any other text is left as it is.
 */
export function addressBlock(address: string): string {
  return networkOf(address, 4);
}

/**
 * Returns what is counted besides: an IPv6 address counts as its /48, the most that one customer is given (RFC 6177), with
 * the 65 536 blocks in it. Any other text is as `addressBlock` has it.
 */
export function addressSite(address: string): string {
  return networkOf(address, 3);
}

/** @param length of the network, in groups of 16 bits */
function networkOf(address: string, length: number): string {
  if (isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const network = groups.slice(0, length).map((group) => group.toString(16));
  return `${network.join(':')}::/${length * 16}`;
}

/** Returns the eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [withoutZone = ''] = address.split('%');
  // A URL has one spelling, without dots.
  const [head = '', tail] = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [numbersOf(head), numbersOf(tail ?? '')];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function numbersOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
}
