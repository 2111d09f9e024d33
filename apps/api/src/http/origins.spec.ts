import type { Config } from '@app/core';
import { isOwnOrigin } from './origins';

const config = { publicUrl: 'https://push.example.com' } as Config;

describe('an origin', () => {
  it.each([
    undefined,
    'https://push.example.com',
    'HTTPS://PUSH.example.com',
    'http://localhost',
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'https://127.8.9.1',
    'http://[::1]:3000',
  ])('%s is of our pages, or of no page', (origin) => {
    expect(isOwnOrigin(origin, config)).toBe(true);
  });

  it.each([
    '',
    'null',
    'https://evil.example',
    'http://push.example.com',
    'https://push.example.com:8443',
    'https://push.example.com.',
    'https://push.example.com.evil.example',
    'https://evil-push.example.com',
    'https://a.push.example.com',
    'https://example.com',
    'https://push.example.com/',
    'https://push.example.com/page',
    'https://push.example.com@evil.example',
    'https://ann@push.example.com',
    'https://push.example.com, https://evil.example',
    'https://push.example.com https://evil.example',
    'wss://push.example.com',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
    'http://0.0.0.0:3000',
    'http://[::ffff:10.0.0.1]',
    'file://',
    'chrome-extension://abcdefgh',
    'ftp://localhost',
    '*',
  ])('%j is of another', (origin) => {
    expect(isOwnOrigin(origin, config)).toBe(false);
  });

  it('is ours with the port that PUBLIC_URL has', () => {
    const here = { publicUrl: 'http://push.internal:3000' } as Config;
    expect(isOwnOrigin('http://push.internal:3000', here)).toBe(true);
    expect(isOwnOrigin('http://push.internal', here)).toBe(false);
  });
});
