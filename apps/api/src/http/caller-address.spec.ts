import type { IncomingMessage } from 'node:http';
import { AddressList } from '@app/core';
import { addressIn, callerAddress } from './caller-address';

const proxies = new AddressList(['10.0.0.0/8']);
const request = (remoteAddress: string, forwarded?: string) =>
  ({
    headers: { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

it.each([
  { what: 'no proxy', from: '192.0.2.1', address: '192.0.2.1' },
  {
    what: 'a proxy that nobody trusts',
    from: '192.0.2.1',
    forwarded: '1.1.1.1',
    address: '192.0.2.1',
  },
  { what: 'a trusted proxy', from: '10.0.0.1', forwarded: '192.0.2.1', address: '192.0.2.1' },
  { what: 'two of them', from: '10.0.0.1', forwarded: '192.0.2.1, 10.0.0.2', address: '192.0.2.1' },
  {
    what: 'a caller who claims another address',
    from: '10.0.0.1',
    forwarded: '1.1.1.1, 192.0.2.1',
    address: '192.0.2.1',
  },
  {
    what: 'a proxy that writes ports',
    from: '10.0.0.1',
    forwarded: '1.1.1.1:80, 192.0.2.1:51234',
    address: '192.0.2.1',
  },
  {
    what: 'two proxies that write ports',
    from: '::ffff:10.0.0.1',
    forwarded: '[2001:DB8::7]:51234, [::ffff:10.0.0.2]:443',
    address: '2001:db8::7',
  },
  {
    what: 'a proxy that ends its list with a comma',
    from: '10.0.0.1',
    forwarded: '192.0.2.1, ,',
    address: '192.0.2.1',
  },
  {
    what: 'a proxy that does not say',
    from: '10.0.0.1',
    forwarded: '192.0.2.1, unknown',
    address: 'unknown',
  },
  {
    what: 'a proxy that names another thing',
    from: '10.0.0.1',
    forwarded: '10.0.0.9, example.com:80',
    address: 'unknown',
  },
  { what: 'a socket of both families', from: '::ffff:192.0.2.1', address: '192.0.2.1' },
  { what: 'a trusted proxy itself', from: '10.0.0.1', address: '10.0.0.1' },
  {
    what: 'nothing but trusted proxies',
    from: '10.0.0.1',
    forwarded: '10.0.0.2',
    address: '10.0.0.2',
  },
] as readonly { what: string; from: string; forwarded?: string; address: string }[])(
  'behind $what the caller is $address',
  ({ from, forwarded, address }) => {
    expect(callerAddress(request(from, forwarded), proxies)).toBe(address);
  },
);

it('is of nobody once the connection has gone', () => {
  const gone = { headers: {}, socket: {} } as unknown as IncomingMessage;
  expect(callerAddress(gone, proxies)).toBeUndefined();
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:51234', '203.0.113.7'],
  [' 203.0.113.7 ', '203.0.113.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:DB8:0:0::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:51234', '2001:db8::1'],
  ['"[2001:db8::1]:51234"', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::ffff:cb00:7107', '203.0.113.7'],
  ['[::ffff:203.0.113.7]:51234', '203.0.113.7'],
  ['::1', '::1'],
])('the address in %p is %p', (hop, address) => {
  expect(addressIn(hop)).toBe(address);
});

it.each([
  '',
  'unknown',
  '_hidden',
  '203.0.113.7:',
  '203.0.113.7:123456',
  '203.0.113',
  '[203.0.113.7]',
  '[2001:db8::1',
  '[2001:db8::1]x',
  'example.com',
  '203.0.113.007',
  '1.1.1.1 2.2.2.2',
  '[]:80',
  'a'.repeat(70_000),
])('there is no address in %p', (hop) => {
  expect(addressIn(hop)).toBeUndefined();
});
