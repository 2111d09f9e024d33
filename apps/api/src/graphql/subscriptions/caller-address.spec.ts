import type { IncomingMessage } from 'node:http';
import { AddressList } from '@app/core';
import { callerAddress } from './caller-address';

const proxies = new AddressList(['10.0.0.0/8']);
const request = (remoteAddress: string, forwarded?: string) =>
  ({
    headers: { 'x-forwarded-for': forwarded },
    socket: { remoteAddress },
  }) as unknown as IncomingMessage;

it.each([
  { what: 'no proxy', from: '192.0.2.1', forwarded: undefined, address: '192.0.2.1' },
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
  { what: 'a trusted proxy itself', from: '10.0.0.1', forwarded: undefined, address: '10.0.0.1' },
  {
    what: 'nothing but trusted proxies',
    from: '10.0.0.1',
    forwarded: '10.0.0.2',
    address: '10.0.0.2',
  },
])('behind $what the caller is $address', ({ from, forwarded, address }) => {
  expect(callerAddress(request(from, forwarded), proxies)).toBe(address);
});
