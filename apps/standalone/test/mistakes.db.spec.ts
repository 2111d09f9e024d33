import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { explain, loadConfig, loadServiceConfig } from '@app/core';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { printed } from '@app/testing/printed';
import { startApi } from '../../api/src/start';
import { migrateDatabase, runCommand } from '../../cli/src';
import { startSimulator } from '../../simulator/src/start';
import { startWorker } from '../../worker/src/start';
import { startDemo } from '../src/demo-start';
import { EmbeddedPostgresError } from '../src/embedded-postgres.error';
import { npmStart } from '../src/npm-start';
import { inOwnInstallation } from '../src/own-installation';

// What an operator may set wrong at a start: of each program one in a process, as `npm run …` starts it, and all others here.

let folder: string;
let database: TestDatabase;
/** Of a later version, which took away what this one uses. */
let newer: TestDatabase;
let taken: Server;
/** Waits half a minute for its database, while the others make their mistakes. */
let waiting: ReturnType<typeof runProcess>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carillon mistakes '));
  database = await createTestDatabase();
  newer = await createTestDatabase();
  const client = new Client({ connectionString: newer.url });
  await client.connect();
  await client.query("INSERT INTO required_migrations VALUES ('DropReason1900000000000')");
  await client.end();
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const DATABASE_URL = 'postgres://carillon:secret@127.0.0.1:1/carillon';
  waiting = runProcess('worker', { ...serving(), DATABASE_URL });
});
afterAll(async () => {
  await waiting;
  taken.close();
  await database.drop();
  await newer.drop();
  rmSync(folder, { recursive: true, force: true });
});

const takenPort = () => String((taken.address() as AddressInfo).port);
const inFolder = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const environmentOf = (variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOST: '127.0.0.1',
  PORT: '0',
  SIMULATOR_APNS_PORT: '0',
  SIMULATOR_FCM_PORT: '0',
  SIMULATOR_CONTROL_PORT: '0',
  DATA_DIR: join(folder, 'data'),
  ...variables,
});

const fail = (error: Error) => {
  throw error;
};

/** By their names for the launcher, with their arguments: what each does, or tries to, until it ends with a code. */
const programs = {
  start: serves((environment) => npmStart(loadConfig(environment), fail)),
  demo: serves((environment) => startDemo(loadConfig(environment), fail)),
  migrate: ends((environment) => migrateDatabase(loadConfig(environment))),
  api: serves((environment) => startApi(loadServiceConfig(environment))),
  worker: serves((environment) => startWorker(loadServiceConfig(environment))),
  simulator: serves((environment) => startSimulator(loadConfig(environment))),
  'carillon gateways real': (environment) =>
    runCommand(
      ['gateways', 'real'],
      async (work) => inOwnInstallation(loadConfig(environment), work),
      [EmbeddedPostgresError],
    ),
} satisfies Record<string, (environment: NodeJS.ProcessEnv) => Promise<number>>;
type Program = keyof typeof programs;

function serves(start: (environment: NodeJS.ProcessEnv) => Promise<{ close(): Promise<void> }>) {
  return ends(async (environment) => (await start(environment)).close());
}

function ends(work: (environment: NodeJS.ProcessEnv) => Promise<void>) {
  return async (environment: NodeJS.ProcessEnv) => {
    try {
      await work(environment);
      return 0;
    } catch (error) {
      return explain(error);
    }
  };
}

async function run(program: Program, variables: NodeJS.ProcessEnv) {
  const { result, errors } = await printed(() => programs[program](environmentOf(variables)));
  return { code: result, errors };
}

/** Ends by itself, or the test does. */
async function runProcess(program: Program, variables: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(__dirname, '../launch.mjs'), ...program.split(' ')], {
    env: environmentOf(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, errors: errors.replace(/^Compiling .*\n/, '') };
}

const serving = () => ({
  DATABASE_URL: database.url,
  MASTER_KEY: randomBytes(32).toString('base64'),
});

const otherUser = () => Object.assign(new URL(database.url), { username: 'nobody' }).href;
/** The one that every server has. */
const otherDatabase = () => Object.assign(new URL(database.url), { pathname: '/postgres' }).href;

interface Mistake {
  readonly what: string;
  readonly program: Program;
  readonly variables: () => NodeJS.ProcessEnv;
  /** A line of each problem. */
  readonly says: readonly RegExp[];
}

const mistakes: readonly Mistake[] = [
  {
    what: 'ports in use, of API and simulator',
    program: 'start',
    variables: () => ({ PORT: takenPort(), SIMULATOR_FCM_PORT: takenPort() }),
    says: [
      /^ {2}PORT: another program listens on 127\.0\.0\.1, port \d+;/m,
      /^ {2}SIMULATOR_FCM_PORT: /m,
    ],
  },
  {
    what: "a port in use, of the simulator's own program",
    program: 'simulator',
    variables: () => ({ SIMULATOR_CONTROL_PORT: takenPort() }),
    says: [/^ {2}SIMULATOR_CONTROL_PORT: another program listens/m],
  },
  {
    what: 'a data folder where nothing can be kept',
    program: 'start',
    variables: () => ({ DATA_DIR: '/proc/x' }),
    says: [/^ {2}DATA_DIR: nothing can be kept in \/proc\/x/m],
  },
  {
    what: 'a data folder that is a file',
    program: 'simulator',
    variables: () => ({ DATA_DIR: inFolder('a file', '') }),
    says: [/^ {2}DATA_DIR: nothing can be kept in .*a file/m],
  },
  {
    what: 'a host that does not resolve',
    program: 'api',
    variables: () => ({ ...serving(), HOST: 'nowhere.invalid' }),
    says: [/^ {2}HOST: the name nowhere\.invalid does not resolve/m],
  },
  {
    what: 'an address of another machine',
    program: 'start',
    variables: () => ({ HOST: '192.0.2.7' }),
    says: [/^ {2}HOST: 192\.0\.2\.7 is no address of this machine/m],
  },
  {
    what: 'files that are not there, with wrong values beside them',
    program: 'api',
    variables: () => ({
      GRAPHQL_SAFELIST: join(folder, 'no.graphql'),
      PROVISION_FILE: join(folder, 'no.yaml'),
      GATEWAY_CA_FILE: join(folder, 'no.pem'),
      LOG_LEVEL: 'loud',
      PORT: 'http',
    }),
    says: [
      /^ {2}GRAPHQL_SAFELIST: wants the path of a file; there is none at .*no\.graphql$/m,
      /^ {2}PROVISION_FILE: wants the path of a file; there is none at .*no\.yaml$/m,
      /^ {2}GATEWAY_CA_FILE: .*no\.pem can't be read$/m,
      /^ {2}LOG_LEVEL: /m,
      /^ {2}PORT: wants a port/m,
      /^ {2}DATABASE_URL: is required/m,
      /^ {2}MASTER_KEY: is required/m,
    ],
  },
  {
    what: 'files that hold something else, all at once',
    program: 'api',
    variables: () => ({
      ...serving(),
      PORT: takenPort(),
      GRAPHQL_SAFELIST: inFolder('no operations', 'query {'),
      PROVISION_FILE: inFolder(
        'provision.yaml',
        'activations: [{ activationId: a-1, userId: ann, status: GONE }]',
      ),
    }),
    says: [
      /^ {2}PORT: another program listens/m,
      /^ {2}GRAPHQL_SAFELIST: .* does not parse/m,
      /^ {2}PROVISION_FILE .*provision\.yaml: activations\[0\]\.status: /m,
    ],
  },
  {
    what: 'certificates that are broken',
    program: 'worker',
    variables: () => ({
      ...serving(),
      GATEWAY_CA_FILE: inFolder(
        'broken.pem',
        '-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n',
      ),
    }),
    says: [/^ {2}GATEWAY_CA_FILE: .*broken\.pem holds one that is broken$/m],
  },
  {
    what: 'the password of an example, in production',
    program: 'api',
    variables: () => ({
      ...serving(),
      NODE_ENV: 'production',
      PROVISION_FILE: inFolder(
        'sample.yaml',
        'operators: [{ email: ada@example.com, role: OWNER, password: to be changed soon }]',
      ),
    }),
    says: [/sample\.yaml: operators\[0\]\.password: is the one of an example/],
  },
  {
    what: 'no database to migrate',
    program: 'migrate',
    variables: () => ({}),
    says: [/^ {2}DATABASE_URL: is required/m],
  },
  {
    what: 'a database that has no such user',
    program: 'migrate',
    variables: () => {
      const url = new URL(database.url);
      url.password = 'guess';
      return { DATABASE_URL: url.href };
    },
    says: [/DATABASE_URL: .*password authentication failed/],
  },
  {
    what: 'a database that has no such user, as a worker',
    program: 'worker',
    variables: () => ({ ...serving(), DATABASE_URL: otherUser() }),
    says: [/^ {2}DATABASE_URL: the database can't be used: /m],
  },
  {
    what: 'a database without its migrations',
    program: 'api',
    variables: () => ({ ...serving(), DATABASE_URL: otherDatabase() }),
    says: [/^ {2}DATABASE_URL: .*npm run migrate/m],
  },
  ...(['worker', 'start', 'migrate', 'carillon gateways real'] as const).map(
    (program): Mistake => ({
      what: `the database of a newer version, as ${program}`,
      program,
      variables: () => ({
        ...serving(),
        DATABASE_URL: newer.url,
        ...(program === 'start' && { GATEWAYS: 'simulated' }),
      }),
      says: [/^ {2}DATABASE_URL: the database's schema is too new for this version/m],
    }),
  ),
  {
    what: 'a database, with which npm start would not be expected to simulate',
    program: 'start',
    variables: serving,
    says: [/^ {2}GATEWAYS: npm start would lead the messages/m],
  },
  {
    what: 'production, in which npm start would simulate unasked',
    program: 'start',
    variables: () => ({ NODE_ENV: 'production', MASTER_KEY: serving().MASTER_KEY }),
    says: [/^ {2}GATEWAYS: in production, npm start wants to be told/m],
  },
  {
    what: 'production, in which nobody asked for a simulator',
    program: 'simulator',
    variables: () => ({ NODE_ENV: 'production', MASTER_KEY: serving().MASTER_KEY }),
    says: [/^ {2}GATEWAYS: in production, the simulator runs where this is simulated/m],
  },
  {
    what: 'an address of another machine, for the simulator',
    program: 'simulator',
    variables: () => ({ SIMULATOR_HOST: '192.0.2.1' }),
    says: [/^ {2}SIMULATOR_HOST: 192\.0\.2\.1 is no address of this machine/m],
  },
  {
    what: 'a database, to which the demo would add operators and devices',
    program: 'demo',
    variables: serving,
    says: [/^ {2}GATEWAYS: the demo makes an operator and thousands of devices/m],
  },
  {
    what: 'a simulator that no URL leads to',
    program: 'worker',
    variables: () => ({ ...serving(), GATEWAYS: 'simulated' }),
    says: [/^ {2}APNS_URL: is required where GATEWAYS is simulated$/m, /^ {2}FCM_URL: /m],
  },
];

describe('a start that is set wrong', () => {
  it.each(mistakes)(
    'by $what ends with code 1 and a sentence for each variable',
    async (mistake) => {
      const { code, errors } = await run(mistake.program, mistake.variables());
      for (const says of mistake.says) expect(errors).toMatch(says);
      expect(code).toBe(1);
      expect(errors).not.toMatch(/^ {4}at /m);
      expect(errors.trim().split('\n')).toHaveLength(mistake.says.length + 1);
    },
  );

  // The worker that waits shows it of its program, and commands.db.spec.ts of `carillon`.
  it.each(['start', 'demo', 'migrate', 'api', 'simulator'] as const)(
    'of %s ends its process with the same code and sentences',
    async (program) => {
      const { code, errors } = await runProcess(program, { PORT: 'http' });
      expect(errors).toMatch(/^ {2}PORT: wants a port/m);
      expect(code).toBe(1);
      expect(await run(program, { PORT: 'http' })).toEqual({ code, errors });
    },
  );

  it('is none where the database is away: it waits, and ends with a code that tells so', async () => {
    const { code, errors } = await waiting;
    expect(errors).toMatch(/^The database at 127\.0\.0\.1:1 can't be reached: .*ECONNREFUSED/m);
    expect(errors).not.toMatch(/secret|^ {4}at /m);
    expect(code).toBe(69);
  });

  it.each(['api', 'worker'] as const)(
    'by a master key that is not the one of the database, as %s, ends likewise',
    async (program) => {
      const sealed = `v1.another.${randomBytes(12).toString('base64url')}.${randomBytes(40).toString('base64url')}`;
      const client = new Client({ connectionString: database.url });
      await client.connect();
      try {
        await client.query(
          `INSERT INTO signing_keys (kid, public_jwk, private_key, signs_from) VALUES ('k', '{}', $1, now())`,
          [sealed],
        );
        const { code, errors } = await run(program, serving());
        expect(errors).toMatch(
          /^ {2}MASTER_KEY: this database's secrets were sealed with another key/m,
        );
        expect(errors).not.toMatch(/^ {4}at /m);
        expect(code).toBe(1);
      } finally {
        await client.query('DELETE FROM signing_keys');
        await client.end();
      }
    },
  );
});
