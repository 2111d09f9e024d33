import { inspect } from 'node:util';
import { proxyExceptionOf, ProxyRules, tunnelProxyOf } from './proxy-rules';

const apns = 'https://api.push.apple.com';

function rules(noProxy = ''): ProxyRules {
  const exceptions = noProxy.split(',').filter((entry) => entry !== '');
  return new ProxyRules(
    tunnelProxyOf('http://proxy.example.com:3128'),
    exceptions.flatMap((entry) => proxyExceptionOf(entry) ?? []),
  );
}

describe('a proxy', () => {
  it.each([
    ['http://proxy.example.com:3128', 'proxy.example.com', 3128, undefined],
    ['proxy.example.com:3128', 'proxy.example.com', 3128, undefined],
    ['http://proxy.example.com/', 'proxy.example.com', 80, undefined],
    ['http://[2001:db8::1]:3128', '2001:db8::1', 3128, undefined],
    ['http://me:secret@proxy:1', 'proxy', 1, 'me:secret'],
    ['me:a%40b%3A%C3%A9@proxy:1', 'proxy', 1, 'me:a@b:é'],
  ])('%s', (text, host, port, credentials) => {
    const proxy = tunnelProxyOf(text);
    expect(proxy).toMatchObject({ host, port });
    const basic = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    expect(proxy?.authorization).toBe(basic);
  });

  it.each(['https://proxy:3128', 'socks5://proxy:1080', 'http://proxy/path', 'http://%zz@', ' '])(
    'is not %s',
    (text) => {
      expect(tunnelProxyOf(text)).toBeUndefined();
    },
  );

  it('shows its credentials nowhere', () => {
    const proxy = tunnelProxyOf('http://me:secret@proxy:1');
    const shown = inspect(proxy, { showHidden: true }) + JSON.stringify(proxy);
    expect(shown).not.toMatch(/secret|bWU6c2VjcmV0/);
  });
});

describe('connections go', () => {
  it('through the proxy where there is one', () => {
    expect(rules().for(apns)?.host).toBe('proxy.example.com');
    expect(new ProxyRules(undefined, []).for(apns)).toBeUndefined();
  });

  it.each([
    'https://localhost:8443',
    'https://127.0.0.1:8443',
    'https://127.8.8.8',
    'https://[::1]:8443',
  ])('never through it to %s', (url) => {
    expect(rules().for(url)).toBeUndefined();
  });

  it.each([
    ['*', apns],
    ['push.apple.com', apns],
    ['.apple.com', apns],
    ['*.apple.com', apns],
    ['APPLE.com', apns],
    ['apple.com:443', apns],
    ['other.example.com,apple.com', apns],
    ['api.push.apple.com:2197', `${apns}:2197`],
    ['10.0.0.0/8', 'https://10.1.2.3:8443'],
    ['10.1.2.3:8443', 'https://10.1.2.3:8443'],
    ['2001:db8::/32', 'https://[2001:db8::7]'],
    ['[2001:db8::7]:443', 'https://[2001:db8::7]'],
  ])('around it, with NO_PROXY=%s, to %s', (noProxy, url) => {
    expect(rules(noProxy).for(url)).toBeUndefined();
  });

  it.each([
    ['ple.com', apns],
    ['apple.com:2197', apns],
    ['api.push.apple.com.example.com', apns],
    ['10.0.0.0/8', 'https://11.1.2.3'],
    ['10.1.2.3:443', 'https://10.1.2.3:8443'],
    ['10.0.0.0/8', apns],
  ])('through it all the same, with NO_PROXY=%s, to %s', (noProxy, url) => {
    expect(rules(noProxy).for(url)).toBeDefined();
  });

  it.each(['a b', 'http://a', 'a/8', '10.0.0.0/33', '::1/129', 'a:b', '', '-:99999999'])(
    'nowhere for an entry like %p',
    (entry) => {
      expect(proxyExceptionOf(entry)).toBeUndefined();
    },
  );
});
