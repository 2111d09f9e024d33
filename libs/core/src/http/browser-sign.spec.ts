import { browserSign, hostOf, isWriteOfProgram } from './browser-sign';

const hosts = new Set(['push.example.com', '[2001:db8::7]']);

describe('the sign of a browser', () => {
  it.each([
    { headers: { host: 'push.example.com' } },
    { headers: { host: 'PUSH.example.com:8080' } },
    { headers: { host: 'push.example.com.' } },
    { headers: { host: 'localhost:3000' } },
    { headers: { host: '127.0.0.1:3000' } },
    { headers: { host: '127.8.9.10' } },
    { headers: { host: '[::1]:3000' } },
    { headers: { host: '[2001:DB8::0007]' } },
    { headers: { host: '127.0.0.1', 'x-forwarded-host': 'push.example.com, localhost' } },
    { headers: { host: '127.0.0.1', 'sec-fetch-site': 'none' } },
    // As Node's fetch says.
    { headers: { host: '127.0.0.1', 'sec-fetch-mode': 'cors' } },
  ])('is not in $headers', ({ headers }) => {
    expect(browserSign(headers, hosts)).toBeUndefined();
  });

  it.each([
    { sign: 'Origin', headers: { host: '127.0.0.1', origin: 'https://evil.example' } },
    { sign: 'Origin', headers: { host: '127.0.0.1', origin: 'null' } },
    { sign: 'Origin', headers: { host: 'push.example.com', origin: 'http://push.example.com' } },
    { sign: 'Origin', headers: { host: '127.0.0.1', origin: '' } },
    { sign: 'Sec-Fetch-Site', headers: { host: '127.0.0.1', 'sec-fetch-site': 'cross-site' } },
    { sign: 'Sec-Fetch-Site', headers: { host: '127.0.0.1', 'sec-fetch-site': 'same-site' } },
    { sign: 'Sec-Fetch-Site', headers: { host: '127.0.0.1', 'sec-fetch-site': 'same-origin' } },
    { sign: 'Sec-Fetch-Site', headers: { host: '127.0.0.1', 'sec-fetch-site': '' } },
    { sign: 'Host', headers: { host: 'rebound.evil.example:3000' } },
    { sign: 'Host', headers: { host: 'push.example.com.evil.example' } },
    { sign: 'Host', headers: { host: 'evil.example@localhost' } },
    { sign: 'Host', headers: { host: 'localhost/evil.example' } },
    { sign: 'Host', headers: { host: 'localhost.evil.example' } },
    { sign: 'Host', headers: { host: '10.0.0.1' } },
    { sign: 'Host', headers: { host: '' } },
    { sign: 'Host', headers: {} },
    {
      sign: 'X-Forwarded-Host',
      headers: { host: '127.0.0.1', 'x-forwarded-host': 'push.example.com,evil.example' },
    },
  ])('is $sign in $headers', ({ sign, headers }) => {
    expect(browserSign(headers, hosts)).toBe(sign);
  });
});

describe('a host', () => {
  it.each([
    ['Push.Example.com:443', 'push.example.com'],
    ['[::1]', '[::1]'],
    ['10.0.0.1:3000', '10.0.0.1'],
    ['a b', undefined],
    ['http://a', undefined],
    ['::1', undefined],
    ['', undefined],
  ])('of %p is %p', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });
});

describe('a write of a program', () => {
  it.each([
    ['POST', 'application/json', true],
    ['PUT', 'Application/JSON; charset=utf-8', true],
    ['GET', undefined, true],
    ['DELETE', undefined, true],
    ['POST', undefined, false],
    ['POST', 'text/plain', false],
    ['POST', 'text/plain; application/json', false],
    ['POST', 'application/jsonp', false],
    ['PATCH', 'application/x-www-form-urlencoded', false],
  ])('by %s with the type %p: %p', (method, type, is) => {
    expect(isWriteOfProgram(method, { 'content-type': type })).toBe(is);
  });
});
