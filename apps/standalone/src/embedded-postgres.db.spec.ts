import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { assertUnclaimed, DataDirInUseError } from './data-dir-claim';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres';
import { platformPackage } from './platform-binaries';
import { until } from '@app/testing/time';

const testFolder = join(__dirname, '..', 'test');
const root = process.getuid?.() === 0;
const asRoot = root ? it : it.skip;

let folder: string;
let dataDir: string;
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

/** A data folder after its first start, which takes some seconds. */
let ready: string;

beforeAll(async () => {
  ready = await mkdtemp(join(tmpdir(), 'carillon ready '));
  await chmod(ready, 0o755);
  await (await startEmbeddedPostgres({ dataDir: ready })).stop();
});
afterAll(() => rm(ready, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon embedded '));
  await chmod(folder, 0o755);
  dataDir = join(folder, 'my data');
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  servers.push(server);
  return server;
}

/** Copies a folder as it is, with owners and links, at a fifth of the cost of Node's own `cp`. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

/** Makes the data folder one where it was started before. */
function makeReady(): void {
  copy(ready, dataDir);
}

function startReady(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  makeReady();
  return start(options);
}

/** Starts a server from another Node process. */
async function startElsewhere(uid?: number): Promise<{ child: ChildProcess; url: string }> {
  const runner = join(__dirname, '../../../scripts/run-typescript.mjs');
  const script = join(testFolder, 'start-postgres.ts');
  const args = [runner, script, dataDir, ...(uid === undefined ? [] : [String(uid)])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const url of createInterface(child.stdout)) return { child, url };
  throw new Error('The child ended without a url.');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const remember = (url: string) =>
  query(url, 'CREATE TABLE memory AS SELECT 42 AS answer').then(() => undefined);
const recall = (url: string) => query<{ answer: number }>(url, 'SELECT answer FROM memory');

const answers = (url: string) =>
  query(url, 'SELECT 1').then(
    () => true,
    () => false,
  );

async function postmasterPid(): Promise<number> {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  return Number((await readFile(file, 'utf8')).split('\n')[0]);
}

/** Kills the server, until another program has its port. */
async function takePortOf({ url }: EmbeddedPostgres): Promise<Server> {
  const squatter = createServer((socket) => socket.destroy());
  const isTaken = async () => {
    // Where the server is back first, it dies again.
    await postmasterPid().then(
      (pid) => process.kill(pid, 'SIGKILL'),
      () => false,
    );
    squatter.listen(Number(new URL(url).port), '127.0.0.1');
    return once(squatter, 'listening').then(
      () => true,
      () => false,
    );
  };
  await until(isTaken);
  return squatter;
}

describe('the embedded PostgreSQL', () => {
  it('starts afresh on loopback only, in UTF-8, durable, with a password of its own', async () => {
    const { url } = await start();
    expect(url).toMatch(/^postgres:\/\/carillon:[\w-]{32}@127\.0\.0\.1:\d+\/carillon$/);
    const [settings] = await query(
      url,
      `SELECT current_setting('listen_addresses') AS listen, current_setting('unix_socket_directories') AS sockets,
              current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
              current_setting('synchronous_commit') AS commit, current_setting('max_wal_size') AS wal`,
    );
    expect(settings).toEqual({
      listen: '127.0.0.1',
      sockets: '',
      encoding: 'UTF8',
      fsync: 'on',
      commit: 'on',
      wal: '2GB',
    });
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
  });

  it('keeps data, password and port over a restart, and stops in order', async () => {
    const first = await startReady();
    await remember(first.url);
    await first.stop();
    await expect(recall(first.url)).rejects.toThrow('ECONNREFUSED');
    await first.stop();

    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await recall(second.url)).toEqual([{ answer: 42 }]);
  });

  it('takes another port when its own is in use', async () => {
    const first = await startReady();
    await remember(first.url);
    await first.stop();
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const second = await start();
      expect(new URL(second.url).port).not.toBe(String((squatter.address() as AddressInfo).port));
      expect(await recall(second.url)).toEqual([{ answer: 42 }]);
    } finally {
      squatter.close();
    }
  });

  it('uses the server that a killed process left running', async () => {
    makeReady();
    const { child, url } = await startElsewhere();
    await remember(url);
    const pid = await postmasterPid();
    await kill(child);

    const again = await start();
    expect(again.url).toBe(url);
    expect(await postmasterPid()).toBe(pid);
    expect(await recall(again.url)).toEqual([{ answer: 42 }]);
  });

  it('belongs to one of any number of first starts at the same time, and the others are told whose it is', async () => {
    const starts = await Promise.allSettled([start(), startElsewhere(), startElsewhere()]);
    const [given, ...more] = starts.filter(({ status }) => status === 'fulfilled');
    expect(more).toEqual([]);
    expect(given).toBeDefined();
    expect(await readdir(dataDir)).toEqual(['postgres']);
  });

  it('is left alone by a second start, which is told who has it', async () => {
    const first = await startReady({ holder: 'npm start' });
    await remember(first.url);
    const second = start({ holder: 'npm run demo' });
    await expect(second).rejects.toThrow(DataDirInUseError);
    await expect(second).rejects.toThrow(
      new RegExp(`${dataDir} is in use by npm start \\(process ${process.pid}\\) since 2\\d{3}-`),
    );
    expect(await recall(first.url)).toEqual([{ answer: 42 }]);
  });

  it('is never stopped by a process that it went away from', async () => {
    const first = await startReady();
    await remember(first.url);
    await first.stop();
    const second = await start();
    await first.stop();
    expect(await recall(second.url)).toEqual([{ answer: 42 }]);
  });

  it('is started again, on the same port, when it dies', async () => {
    const first = await startReady();
    await remember(first.url);
    const pid = await postmasterPid();
    process.kill(pid, 'SIGKILL');
    await until(() => answers(first.url).then(async (is) => is && (await postmasterPid()) !== pid));
    expect(await recall(first.url)).toEqual([{ answer: 42 }]);

    const again = await postmasterPid();
    process.kill(again, 'SIGKILL');
    await until(() =>
      answers(first.url).then(async (is) => is && (await postmasterPid()) !== again),
    );
    // It answers a moment before its owner has it again.
    await until(() =>
      assertUnclaimed(first.url, dataDir).then(
        () => false,
        () => true,
      ),
    );
    await expect(start()).rejects.toThrow(DataDirInUseError);
  });

  it('comes back on its port when another program that had it meanwhile gives it up', async () => {
    const onFailure = jest.fn();
    const first = await startReady({ onFailure });
    await remember(first.url);
    const squatter = await takePortOf(first);
    await until(async () => !(await answers(first.url)));
    squatter.close();
    await until(() => answers(first.url));
    expect(await recall(first.url)).toEqual([{ answer: 42 }]);
    expect(onFailure).not.toHaveBeenCalled();
  });

  it('tells its user when it has died and its port stays another program’s', async () => {
    const failures: Error[] = [];
    const first = await startReady({
      restartPatienceMs: 500,
      onFailure: (error) => failures.push(error),
    });
    const squatter = await takePortOf(first);
    await until(() => failures.length > 0);
    const { port } = new URL(first.url);
    expect(failures.map(({ message }) => message)).toEqual([
      `PostgreSQL has died and is not to be had again: Another program has its port ${port}.`,
    ]);
    squatter.close();
  });

  it('starts after a power cut, although its old process id belongs to another program', async () => {
    makeReady();
    const first = await startElsewhere();
    await remember(first.url);
    const pidFile = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
    const left = await readFile(pidFile, 'utf8');
    const { uid, gid } = await stat(pidFile);
    const pid = await postmasterPid();
    await kill(first.child);
    process.kill(pid, 'SIGKILL');
    await until(async () => !(await answers(first.url)));

    const other = spawn('sleep', ['60'], { uid, gid });
    children.push(other);
    await writeFile(pidFile, left.replace(String(pid), String(other.pid)));
    const second = await start();
    expect(await recall(second.url)).toEqual([{ answer: 42 }]);
  });

  it('begins again where an earlier first start was killed half-way', async () => {
    const half = join(dataDir, 'postgres.new-killed', 'cluster');
    await mkdir(half, { recursive: true });
    await writeFile(join(half, 'PG_VERSION'), '18');
    await start();
    expect(await readdir(dataDir)).toEqual(['postgres']);
  });

  it('repairs the symbolic links that a blocked install script did not make', async () => {
    const packageRoot = join(folder, 'a copy');
    copy(platformPackage(), packageRoot);
    const list = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8');
    for (const { target } of JSON.parse(list) as { target: string }[])
      await rm(join(packageRoot, target));
    const { url } = await startReady({ packageRoot });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says in its own words why it does not start', async () => {
    makeReady();
    const broken = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
    await expect(broken).rejects.toThrow(/invalid value for parameter "shared_buffers"/);
  });

  it('says in the words of pg_ctl why it does not get as far as a start', async () => {
    makeReady();
    await rm(join(dataDir, 'postgres', 'cluster', 'PG_VERSION'));
    await expect(start()).rejects.toThrow(/is not a database cluster directory/);
  });

  it('names the machine that it has no binaries for', () => {
    expect(() => platformPackage('aix', 'ppc64')).toThrow(/aix-ppc64.*DATABASE_URL/);
  });

  asRoot('runs from folders that only root may enter', async () => {
    await chmod(folder, 0o700);
    const packageRoot = join(folder, 'binaries');
    copy(platformPackage(), packageRoot);
    await writeFile(join(packageRoot, 'package.json'), '{ "version": "0.0.0-test" }');
    const first = await start({ packageRoot });
    await remember(first.url);
    await first.stop();
    const second = await start({ packageRoot });
    expect(await recall(second.url)).toEqual([{ answer: 42 }]);
    await second.stop();
    await rm('/var/cache/carillon/postgres-0.0.0-test-binaries', { recursive: true });
  });

  asRoot('runs under an ordinary account, and then for root under the same', async () => {
    const nobody = 65534;
    await mkdir(dataDir);
    await chown(dataDir, nobody, nobody);
    const { child, url } = await startElsewhere(nobody);
    await remember(url);
    await expect(start()).rejects.toThrow(`(process ${child.pid})`);
    await kill(child);
    const ours = await start();
    await ours.stop();
    const again = await start();
    expect(await recall(again.url)).toEqual([{ answer: 42 }]);
    expect((await stat(join(dataDir, 'postgres', 'port'))).uid).toBe(nobody);
  });
});
