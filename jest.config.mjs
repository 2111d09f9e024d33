import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const testing = '<rootDir>/libs/testing';

const project = {
  runtime: `${testing}/jest-runtime.mjs`,
  testEnvironment: `${testing}/jest-environment.mjs`,
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  transform: {},
};

/** Files with real servers behind them, which start once per run and only if one of these files runs. */
const services = {
  ...project,
  globalSetup: `${testing}/global-setup.mjs`,
  globalTeardown: `${testing}/global-teardown.mjs`,
};
const endToEnd = (queueBackend, testRegex) => ({
  ...services,
  displayName: `e2e ${queueBackend}`,
  testRegex,
  globals: { queueBackend },
});

/** The wake-ups' backend shows in how soon, how often and in which order a chunk is taken, and in no answer. */
const whereTheQueueMatters = 'services|main-job|urgent-first|nothing-lost';

const hasRedis = spawnSync('redis-server', ['--version']).error === undefined;
if (!hasRedis && process.env.CI)
  throw new Error('CI tests both queue backends: install redis-server.');

/** Debian's binaries of PostgreSQL, the oldest first: 15 at least is supported, and the packages bring 18. */
const debian = '/usr/lib/postgresql';
const [oldestPostgres] = (existsSync(debian) ? readdirSync(debian) : [])
  .filter((version) => Number(version) >= 15)
  .sort((a, b) => Number(a) - Number(b));
if (oldestPostgres === undefined && process.env.CI)
  throw new Error('CI tests an older PostgreSQL as well: install postgresql.');

const hasChromium = existsSync('/usr/bin/chromium');
if (!hasChromium && process.env.CI)
  throw new Error('CI tests the playground in a browser: install chromium.');

/** Others' HTTP/2 servers, which our connections are tried on. */
const http2Servers = ['nghttpd', 'nginx', 'haproxy'].map((name) => `/usr/sbin/${name}`);
const hasHttp2Servers = http2Servers.every((path) => existsSync(path));
if (!hasHttp2Servers && process.env.CI)
  throw new Error("CI tests HTTP/2 on others' servers: install nghttp2-server, nginx and haproxy.");

for (const [isThere, what] of [
  [hasRedis, 'the end-to-end tests on Redis: there is no redis-server'],
  [oldestPostgres !== undefined, `the tests on an older PostgreSQL: there is none in ${debian}`],
  [hasChromium, 'the tests in a browser: there is no /usr/bin/chromium'],
  [hasHttp2Servers, `HTTP/2 on others' servers: not all are there of ${http2Servers.join(', ')}`],
]) {
  if (!isThere && process.env.JEST_WORKER_ID === undefined) console.warn(`SKIPPED ${what}`);
}

export default {
  // Bounds what hangs, not what is slow: the machine may be busy with something else.
  testTimeout: 600_000,
  // What each file loads is not all given back: a process that has grown is replaced before it stalls for its garbage.
  workerIdleMemoryLimit: '1GB',
  // Jest would leave one of two cores to others; much of what the tests wait for is PostgreSQL.
  maxWorkers: Math.max(2, availableParallelism()),
  testSequencer: `${testing}/test-sequencer.mjs`,
  reporters: ['default', `${testing}/closing-line.mjs`],
  projects: [
    { ...project, displayName: 'unit', testRegex: '(?<!\\.db)\\.spec\\.ts$' },
    { ...services, displayName: 'db', testRegex: '\\.db\\.spec\\.ts$' },
    endToEnd('postgres', '\\.e2e-spec\\.ts$'),
    ...(hasRedis ? [endToEnd('redis', `/(${whereTheQueueMatters})\\.e2e-spec\\.ts$`)] : []),
    ...(oldestPostgres === undefined
      ? []
      : [
          {
            ...services,
            displayName: 'older postgres',
            globalSetup: `${testing}/global-setup-installed.mjs`,
            // Each statement of sending, registering and migrating once, whatever the other tests make of it.
            testRegex: [
              '/(main-job|probe)\\.e2e-spec\\.ts$',
              '/libs/(delivery|campaigns|devices)/.*\\.db\\.spec\\.ts$',
              '/(schema|database)\\.db\\.spec\\.ts$',
            ],
            globals: {
              queueBackend: 'postgres',
              postgresBin: join(debian, oldestPostgres, 'bin'),
            },
          },
        ]),
    ...(hasChromium
      ? [
          {
            ...services,
            displayName: 'browser',
            testRegex: '\\.browser-spec\\.ts$',
            globals: { queueBackend: 'postgres' },
          },
        ]
      : []),
  ],
};
