import { isIP } from 'node:net';

/**
 * What an address counts as where attempts are counted: whoever has one IPv6 address has the 2^64 of its network, so that
 * is its /64. An IPv4 address in the spelling of IPv6 is itself. What is no address is left as it is.
 */
export function addressBlock(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The eight. */
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
