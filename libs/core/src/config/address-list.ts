import { BlockList, isIP } from 'node:net';

/** Tells whether a text is an IP address, or a range in CIDR form such as 10.0.0.0/8. */
export function isAddressOrRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** Holds addresses and CIDR ranges. An IPv4 address is also found in its IPv6 spelling, ::ffff:10.0.0.1. */
export class AddressList {
  private readonly list = new BlockList();

  /** @param entries each is an address or range, see `isAddressOrRange` */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(prefix), family);
    }
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}
