import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(path, 'utf8');

interface Service {
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
}

const compose = parse(read('docker/compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const services = Object.entries(compose.services);
const dockerfile = read('docker/Dockerfile');

describe('every service', () => {
  it.each(services)('%s has no rights of root, and writes to volumes and memory only', (_, it) => {
    expect(it).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(it.security_opt).toContain('no-new-privileges:true');
    expect(it.user).toMatch(/^(node|postgres|redis)$/);
    expect([it.cap_add, it.privileged, it.network_mode]).toEqual([undefined, undefined, undefined]);
  });

  it.each(services)('%s is watched, or ends by itself', (name, { healthcheck }) => {
    const ofImage = /^HEALTHCHECK /m.test(dockerfile);
    if (name === 'migrate') expect(healthcheck).toEqual({ disable: true });
    else expect(healthcheck !== undefined || ofImage).toBe(true);
  });

  it.each(services)('%s holds no secret in a variable or in an argument', (_, it) => {
    for (const [name, value] of Object.entries(it.environment ?? {})) {
      const isSecret = /(PASSWORD|KEY|SECRET|DATABASE_URL|REDIS_URL)(_FILE)?$/.test(name);
      if (isSecret)
        expect([name, value]).toEqual([
          expect.any(String),
          expect.stringMatching(/^(\/run\/secrets\/\w+|\$\{POWERAUTH_CLIENT_SECRET:-\})$/),
        ]);
    }
    expect(JSON.stringify(it.command ?? [])).not.toMatch(/requirepass\s+\$\{|--requirepass/);
  });
});

describe('the services', () => {
  const having = (test: (service: Service) => boolean | undefined) =>
    services.filter(([, service]) => test(service) === true).map(([name]) => name);

  it('get the master key where something is sealed, and nowhere else', () => {
    expect(having(({ secrets }) => secrets?.includes('master_key'))).toEqual(['api', 'worker']);
    const named = having(({ environment }) =>
      JSON.stringify(environment ?? {}).includes('MASTER_KEY'),
    );
    expect(named).toEqual(['api', 'worker']);
  });

  it('are reached at one port, on the host’s loopback unless told otherwise', () => {
    expect(having(({ ports }) => ports !== undefined)).toEqual(['api']);
    expect(compose.services.api?.ports).toEqual(['${HOST:-127.0.0.1}:${PORT:-3000}:3000']);
  });

  it('that hold the data have no way out', () => {
    expect(compose.networks.backend).toEqual({ internal: true });
    for (const name of ['postgres', 'redis', 'migrate', 'simulator'])
      expect([name, compose.services[name]?.networks]).toEqual([name, ['backend']]);
  });
});

describe('make-secrets.sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-secrets-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const secret = (name: string) => read(join(folder, 'secrets', name));
  const names = Object.keys(compose.secrets);
  copyFileSync('docker/make-secrets.sh', join(folder, 'make-secrets.sh'));
  const make = () => execFileSync(join(folder, 'make-secrets.sh'));

  it('makes what compose.yml hands over, for its owner alone, and keeps what is there', () => {
    make();
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      expect(existsSync(join(folder, file))).toBe(true);
      expect(secret(name).trim()).not.toBe('');
    }
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
    expect(Buffer.from(secret('master_key'), 'base64')).toHaveLength(32);
    const { password, host } = new URL(secret('database_url'));
    expect([password, host]).toEqual([secret('postgres_password'), 'postgres:5432']);
    expect(new URL(secret('redis_url')).password).toBe(secret('redis_password'));
    const before = names.map(secret);
    make();
    expect(names.map(secret)).toEqual(before);
  });
});

const redis = '/usr/bin/redis-server';

(existsSync(redis) ? describe : describe.skip)('Redis, as compose.yml starts it', () => {
  it('serves those who have the password, and keeps jobs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carillon-redis-'));
    const password = randomBytes(12).toString('hex');
    const [, , script = ''] = compose.services.redis?.command ?? [];
    const here =
      script
        .replaceAll('$$', '$')
        .replaceAll('"$(cat /run/secrets/redis_password)"', password)
        .replaceAll('/tmp/redis.conf', join(folder, 'redis.conf')) +
      ' --port 0 --unixsocket ' +
      join(folder, 's');
    const server = spawn('sh', ['-c', here.replace(/\n(?= --port)/, '')], {
      cwd: folder,
      stdio: 'pipe',
    });
    let log = '';
    server.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    while (!log.includes('ready to accept') && server.exitCode === null)
      await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);
    const ask = (...words: string[]) =>
      execFileSync('redis-cli', ['-s', join(folder, 's'), ...words], {
        env: {
          PATH: process.env.PATH,
          ...(words.includes('ping') ? {} : { REDISCLI_AUTH: password }),
        },
        encoding: 'utf8',
      });
    expect(ask('ping')).toMatch(/NOAUTH/);
    expect(ask('config', 'get', 'maxmemory-policy')).toMatch(/noeviction/);
    expect(ask('config', 'get', 'appendonly')).toMatch(/yes/);
    server.kill();
    await once(server, 'exit');
    rmSync(folder, { recursive: true });
  });
});

describe('the image', () => {
  it('is of a Node that is supported, and of an npm that asks allowScripts', () => {
    const bases = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => Number(major));
    expect(bases).toEqual([24, 24]);
    const [, npm] = /npm install --global npm@(\d+)\.\d+\.\d+ /.exec(dockerfile) ?? [];
    expect(Number(npm)).toBeGreaterThanOrEqual(11);
    expect(dockerfile.indexOf('npm install --global')).toBeLessThan(dockerfile.indexOf('npm ci'));
  });

  it('runs as a user of no rights', () => {
    const last = [...dockerfile.matchAll(/^USER (\S+)$/gm)].at(-1)?.[1];
    expect(last).toBe('node');
  });
});

describe('the list of what is inside (npm run sbom)', () => {
  it('names every package with its version, and marks those of development', () => {
    const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      'scripts' | 'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const [, ...words] = (scripts.sbom ?? '').split(' ');
    const text = execFileSync('npm', words, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
    const { bomFormat, components } = JSON.parse(text) as {
      bomFormat: string;
      components: { purl: string; properties?: { name: string }[] }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const named = components.map(({ purl, properties = [] }) => ({
      name: decodeURIComponent(purl).replace(/^pkg:npm\/(.+)@\d+\.\d+\.\d+.*$/, '$1'),
      isOfUse: !properties.some(({ name }) => name === 'cdx:npm:package:development'),
    }));
    const ofUse = new Set(named.filter(({ isOfUse }) => isOfUse).map(({ name }) => name));
    const all = new Set(named.map(({ name }) => name));
    expect(Object.keys(dependencies).filter((name) => !ofUse.has(name))).toEqual([]);
    expect(Object.keys(devDependencies).filter((name) => !all.has(name))).toEqual([]);
    expect(['jest', 'eslint', 'playwright-core'].filter((name) => ofUse.has(name))).toEqual([]);
  });
});
