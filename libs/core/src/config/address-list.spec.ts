import { AddressList, isAddressOrRange } from './address-list';

describe('an address list', () => {
  const list = new AddressList(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']);

  it.each(['10.1.2.3', '192.0.2.7', '2001:db8::1', '::ffff:10.1.2.3'])('has %s', (address) => {
    expect(list.has(address)).toBe(true);
  });

  it.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'localhost'])('has not %s', (address) => {
    expect(list.has(address)).toBe(false);
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'example.com', '::1/129', '10.0.0.1/8/8', '10.0.0.1/', ''])(
    'does not take %s',
    (text) => {
      expect(isAddressOrRange(text)).toBe(false);
    },
  );
});
