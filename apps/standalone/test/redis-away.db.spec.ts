import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { CampaignsService, NotificationsService } from '@app/campaigns';
import { Redis } from 'ioredis';
import { freePort } from '@app/testing/free-port';
import { Carillon, tester } from '@app/testing/harness';
import { type RedisServer, startRedis } from '@app/testing/redis-server';

/** The run says where its own is, if redis-server is installed. */
const whereRedisIs = process.env.TEST_REDIS_URL === undefined ? describe.skip : describe;

let port: number;
let redis: RedisServer;
let carillon: Carillon;
let applicationId: number;

const told = async (...command: [string, ...string[]]) => {
  const client = new Redis(redis.url);
  await client.call(...command);
  client.disconnect();
};

async function startOwn(ownPort?: number): Promise<RedisServer> {
  const started = await startRedis(ownPort);
  if (started === undefined) throw new Error('redis-server was installed a moment ago');
  return started;
}

async function start(): Promise<void> {
  redis = await startOwn(port);
}

/** Each way in which Redis may be of no use, and its end. */
const ways = [
  {
    name: 'is frozen',
    away: () => {
      redis.freeze();
      return Promise.resolve();
    },
    back: () => {
      redis.thaw();
      return Promise.resolve();
    },
  },
  { name: 'refuses', away: () => redis.stop(), back: start },
  {
    name: 'has no memory left',
    away: () => told('CONFIG', 'SET', 'maxmemory', '1'),
    back: () => told('CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    name: 'is a replica',
    away: () => told('REPLICAOF', '127.0.0.1', '1'),
    back: () => told('REPLICAOF', 'NO', 'ONE'),
  },
];

const send = () =>
  carillon.get(NotificationsService).notify(tester, {
    applicationId,
    userId: `user-${applicationId}-0`,
    content: { title: 'Your code', body: '123 456', silent: false },
    personal: false,
  });

async function launch(): Promise<string> {
  const { id, messageId } = await carillon.createCampaign(applicationId);
  await carillon.get(CampaignsService).launch(tester, id);
  return messageId;
}

whereRedisIs('where Redis', () => {
  let worker: ChildProcess;

  beforeAll(async () => {
    port = await freePort();
    await start();
    carillon = await Carillon.start({}, { REDIS_URL: redis.url });
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 10);
    worker = await carillon.startWorkerProcess();
  });
  afterAll(async () => {
    await carillon.close();
    await redis.stop();
  });

  it.each(ways)('$name, callers are answered, and all goes on when it is back', async (way) => {
    await carillon.completed((await send()).id);
    await way.away();
    const { id } = await send();
    const messageId = await launch();
    await way.back();
    expect(await carillon.completed(id)).toMatchObject({ total: 1, accepted: 1 });
    expect(await carillon.completed(messageId)).toMatchObject({ accepted: 10 });
    expect(worker.exitCode).toBeNull();
  });
});

whereRedisIs('a worker that is told to stop ends', () => {
  let ownRedis: RedisServer | undefined;
  afterEach(async () => {
    await carillon.close();
    await ownRedis?.stop();
    ownRedis = undefined;
  });

  async function endOfWorker(redisUrl: string, away: () => void = () => undefined) {
    carillon = await Carillon.start({}, { REDIS_URL: redisUrl });
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 1);
    const worker = await carillon.startWorkerProcess();
    // Its sessions say that it runs.
    await carillon.until(async () => {
      const running = await carillon.sql(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'carillon worker'`,
      );
      return running.length > 0;
    });
    away();
    await send();
    worker.kill('SIGTERM');
    const [code] = (await once(worker, 'exit')) as [number | null];
    return code;
  }

  it('though Redis never was there', async () => {
    expect(await endOfWorker(`redis://127.0.0.1:${await freePort()}`)).toBe(0);
  });

  it('though the name of Redis does not resolve', async () => {
    expect(await endOfWorker('redis://redis.invalid:6379')).toBe(0);
  });

  it('though Redis is frozen', async () => {
    const frozen = await startOwn();
    ownRedis = frozen;
    const freeze = () => {
      frozen.freeze();
    };
    expect(await endOfWorker(frozen.url, freeze)).toBe(0);
  });
});
