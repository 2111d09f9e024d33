import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, loadServiceConfig, secretVariables } from './config';

const problemsOf = (environment: NodeJS.ProcessEnv): readonly string[] => {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('configuration', () => {
  it('has a working default for everything', () => {
    expect(loadConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: undefined,
      redisUrl: undefined,
      workerConcurrency: 8,
      simulatorHost: '127.0.0.1',
      powerAuthCompat: 'token',
      powerAuthCompatPrefix: '',
      powerAuthAllowedIps: [],
      powerAuthHosts: [],
      powerAuthOpenAdmin: false,
      powerAuthMultipleActivations: true,
      powerAuthUrl: undefined,
      powerAuthTimeoutMs: 5_000,
      powerAuthSendWaitMs: 10_000,
      userTokenMaxHours: 24,
      auditRetentionDays: 365,
    });
  });

  it('takes addresses and paths with or without a slash at the end', () => {
    expect(
      loadConfig({
        POWERAUTH_URL: 'https://pa.example.com/powerauth-java-server/rest/',
        POWERAUTH_COMPAT_PREFIX: '/powerauth-push-server/',
      }),
    ).toMatchObject({
      powerAuthUrl: 'https://pa.example.com/powerauth-java-server/rest',
      powerAuthCompatPrefix: '/powerauth-push-server',
    });
    expect(loadConfig({ POWERAUTH_COMPAT_PREFIX: '/' }).powerAuthCompatPrefix).toBe('');
  });

  it.each([
    { host: '127.0.0.1', publicUrl: 'http://127.0.0.1:3000', publicUrlIsGuess: false },
    { host: 'push.internal', publicUrl: 'http://push.internal:3000', publicUrlIsGuess: false },
    { host: '::1', publicUrl: 'http://[::1]:3000', publicUrlIsGuess: false },
    { host: '0.0.0.0', publicUrl: 'http://localhost:3000', publicUrlIsGuess: true },
    { host: '::', publicUrl: 'http://localhost:3000', publicUrlIsGuess: true },
  ])('takes $publicUrl for the public address of $host', ({ host, ...derived }) => {
    expect(loadConfig({ HOST: host })).toMatchObject(derived);
    const given = { HOST: host, PUBLIC_URL: 'https://push.example.com' };
    expect(loadConfig(given)).toMatchObject({
      publicUrl: given.PUBLIC_URL,
      publicUrlIsGuess: false,
    });
  });

  it.each([
    { url: 'https://push.example.com', proxies: undefined, proxyIsUnnamed: true },
    { url: 'https://push.example.com', proxies: ' ', proxyIsUnnamed: true },
    { url: 'https://push.example.com', proxies: '127.0.0.1,::1', proxyIsUnnamed: false },
    { url: 'https://push.example.com', proxies: 'none', proxyIsUnnamed: false },
    { url: 'http://push.example.com', proxies: undefined, proxyIsUnnamed: false },
    { url: undefined, proxies: undefined, proxyIsUnnamed: false },
  ])('knows whether a proxy with TLS is unnamed: $url, $proxies', ({ url, proxies, ...known }) => {
    const config = loadConfig({ PUBLIC_URL: url, TRUSTED_PROXIES: proxies });
    expect(config).toMatchObject(known);
    const named = proxies?.startsWith('1') === true ? ['127.0.0.1', '::1'] : [];
    expect(config.trustedProxies).toEqual(named);
  });

  it('takes names of hosts as URLs write them', () => {
    const hosts = 'Push.Internal, 10.0.0.7,[2001:DB8::0007]';
    expect(loadConfig({ POWERAUTH_HOSTS: hosts }).powerAuthHosts).toEqual([
      'push.internal',
      '10.0.0.7',
      '[2001:db8::7]',
    ]);
  });

  it('takes an empty variable as absent', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: ' ' })).toMatchObject({
      port: 3000,
      redisUrl: undefined,
    });
  });

  it.each([
    ['PORT', 'http', 'wants a port from 0 to 65535'],
    ['PORT', '70000', 'wants a port from 0 to 65535'],
    ['PUBLIC_URL', 'https://push.example.com/api', 'wants an origin'],
    ['PUBLIC_URL', 'push.example.com', 'wants a URL that starts with https:// or http://'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, proxy', 'wants addresses or CIDR ranges'],
    ['DATABASE_URL', 'mysql://db', 'wants a URL that starts with postgres:// or postgresql://'],
    ['REDIS_URL', 'localhost:6379', 'wants a URL that starts with redis:// or rediss://'],
    ['MASTER_KEY', 'c2hvcnQ=', 'wants 32 bytes in base64'],
    [
      'APNS_URL',
      'http://api.push.apple.com',
      'allows http:// (clear text) for loopback hosts only',
    ],
    ['FCM_URL', 'ftp://x', 'wants a URL that starts with https:// or http://'],
    ['GATEWAY_CA_FILE', '/no/such/file.pem', "can't be read"],
    ['GATEWAY_CA_FILE', __filename, 'holds none'],
    ['HTTPS_PROXY', 'socks5://me:hidden@proxy', 'wants http://[user:password@]host[:port]'],
    ['NO_PROXY', 'a b/c', 'wants hosts, addresses or CIDR ranges'],
    ['WORKER_PROCESSES', '0', 'wants a number from 1 to 64'],
    ['WORKER_CONCURRENCY', '0', 'wants a number from 1 to 100'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL'],
    ['POWERAUTH_COMPAT', 'yes', 'POWERAUTH_COMPAT'],
    ['POWERAUTH_COMPAT_PREFIX', 'push', 'wants a path such as /powerauth-push-server'],
    ['POWERAUTH_ALLOWED_IPS', '10.0.0.0/8, push.internal', 'wants addresses or CIDR ranges'],
    ['POWERAUTH_HOSTS', 'push.internal:8080', 'wants names of hosts'],
    ['POWERAUTH_HOSTS', '*', 'wants names of hosts'],
    ['POWERAUTH_MULTIPLE_ACTIVATIONS', 'on', 'POWERAUTH_MULTIPLE_ACTIVATIONS'],
    ['POWERAUTH_URL', 'https://pa.example.com', 'wants the address that ends in /rest'],
    ['POWERAUTH_URL', 'https://token:hidden@pa.example.com/rest', 'variables of their own'],
    ['POWERAUTH_CLIENT_SECRET', 'hidden', 'set both or neither', 'POWERAUTH_CLIENT_TOKEN'],
    ['POWERAUTH_TIMEOUT_MS', '0', 'wants milliseconds from 1 to 60000'],
    ['USER_TOKEN_MAX_HOURS', '721', 'wants hours from 1 to 720'],
    ['USER_TOKEN_MAX_HOURS', '0', 'wants hours from 1 to 720'],
    ['AUDIT_RETENTION_DAYS', '-1', 'wants days from 0 to 9999'],
    ['POWERAUTH_SEND_WAIT_MS', '61000', 'wants milliseconds from 0 to 60000'],
  ])('refuses %s=%s and says what it wants', (name, value, message, named = name) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${named}: `);
    expect(problems[0]).toContain(message);
  });

  it('takes the variables of a proxy in capitals and in lower case, and heeds the latter first', () => {
    const apns = 'https://api.push.apple.com';
    const hostOf = (environment: NodeJS.ProcessEnv) =>
      loadConfig(environment).proxies.for(apns)?.host;
    expect(hostOf({})).toBeUndefined();
    expect(hostOf({ HTTPS_PROXY: 'http://upper' })).toBe('upper');
    expect(hostOf({ HTTPS_PROXY: 'http://upper', https_proxy: 'http://lower' })).toBe('lower');
    expect(hostOf({ HTTPS_PROXY: 'http://upper', no_proxy: 'a.b, apple.com' })).toBeUndefined();
    expect(hostOf({ HTTPS_PROXY: 'http://upper', NO_PROXY: '*' })).toBeUndefined();
  });

  it('names every wrong variable at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'y' })).toHaveLength(2);
  });

  describe('takes a secret from a file', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'carillon-config-'));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });
    const fileWith = (text: string) => {
      const path = join(folder, randomBytes(4).toString('hex'));
      writeFileSync(path, text);
      return path;
    };
    const key = randomBytes(32);
    const other = randomBytes(32);

    it.each([
      ['DATABASE_URL', 'postgres://me:hidden@db/x', { databaseUrl: 'postgres://me:hidden@db/x' }],
      ['REDIS_URL', 'redis://:hidden@r', { redisUrl: 'redis://:hidden@r' }],
      ['MASTER_KEY', key.toString('base64'), { masterKey: key }],
      [
        'MASTER_KEY_PREVIOUS',
        `${key.toString('base64')}\n${other.toString('base64')}`,
        { masterKeysPrevious: [key, other] },
      ],
    ])('for %s', (name, text, expected) => {
      expect(loadConfig({ [`${name}_FILE`]: fileWith(` ${text}\n`) })).toMatchObject(expected);
    });

    it('for every variable that may hold one', () => {
      const empty = fileWith('\n');
      for (const name of secretVariables) {
        expect(problemsOf({ [`${name}_FILE`]: empty })).toEqual([
          expect.stringMatching(`^${name}_FILE: .* is empty$`),
        ]);
        expect(problemsOf({ [`${name}_FILE`]: join(folder, 'none') })[0]).toContain(
          "can't be read",
        );
      }
    });

    it('but not from both, and repeats neither', () => {
      const problems = problemsOf({
        MASTER_KEY: key.toString('base64'),
        MASTER_KEY_FILE: fileWith(other.toString('base64')),
      });
      expect(problems).toEqual(['MASTER_KEY_FILE: goes not with MASTER_KEY; set one of them']);
    });

    it('and names the variable where its text is wrong', () => {
      const problems = problemsOf({ MASTER_KEY_FILE: fileWith('hidden') });
      expect(problems.join()).toMatch(/^MASTER_KEY: wants 32 bytes/);
      expect(problems.join()).not.toContain('hidden');
    });
  });

  it('takes several previous master keys, and refuses all for one that is none', () => {
    const keys = [randomBytes(32), randomBytes(32)];
    const text = keys.map((one) => one.toString('base64')).join(', ');
    expect(loadConfig({ MASTER_KEY_PREVIOUS: text }).masterKeysPrevious).toEqual(keys);
    expect(loadConfig({}).masterKeysPrevious).toEqual([]);
    expect(problemsOf({ MASTER_KEY_PREVIOUS: `${text},c2hvcnQ=` })).toHaveLength(1);
  });

  it('never repeats a secret in a problem', () => {
    expect(problemsOf({ MASTER_KEY: 'not-a-key-but-secret' }).join()).not.toContain('secret');
    expect(problemsOf({ POWERAUTH_CLIENT_SECRET: 'hidden' }).join()).not.toContain('hidden');
    expect(problemsOf({ HTTPS_PROXY: 'ftp://me:hidden@proxy' }).join()).not.toContain('hidden');
  });

  it('wants a master key only of those who serve: who migrates or simulates opens nothing', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([]);
    const serving = { NODE_ENV: 'production', DATABASE_URL: 'postgres://localhost/carillon' };
    expect(() => loadServiceConfig(serving)).toThrow(/MASTER_KEY: is required/);
  });
});
