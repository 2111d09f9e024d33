import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationsModule, ApplicationsService, CredentialsService } from '@app/applications';
import { AuthModule, OperatorsService } from '@app/auth';
import { type Campaign, CampaignsModule, CampaignsService } from '@app/campaigns';
import {
  Actor,
  assertServiceConfig,
  Clock,
  CoreModule,
  createLogger,
  loadConfig,
  type ServiceConfig,
} from '@app/core';
import {
  type DeliveryCounts,
  DeliveryModule,
  LaneLimits,
  type Limits,
  Messages,
} from '@app/delivery';
import { DevicesModule } from '@app/devices';
import { PowerAuthServerModule } from '@app/powerauth';
import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';
import type { Api } from '../../../apps/api/src/start';
import { Simulator, type SimulatorOptions } from '../../../apps/simulator/src';
import { makeDemoKeys } from '../../../apps/standalone/src/demo-keys';
import { createTestDatabase, type TestDatabase } from './database';
import { createTestRedis } from './redis';
import { newRsaKey } from './rsa-keys';
import { until } from './time';

/** The key of every application's service account, for making one takes longer than many a test. */
const fcmKey = newRsaKey();

const root = join(__dirname, '../../..');

/** `TEST_LOG_LEVEL=debug npx jest …` shows what the servers log. */
const logLevel = process.env.TEST_LOG_LEVEL ?? 'silent';

/** Who asks in tests that are about something else: he may do everything. */
export const tester = Actor.system('test');

/** The database, and the Redis if there is one, on which a server keeps its data. */
export interface Backing {
  database(): Promise<TestDatabase>;
  redisUrl(): Promise<string | undefined>;
}

const testBacking: Backing = { database: createTestDatabase, redisUrl: createTestRedis };

/** The module that has all of the domain, without a worker or an API. */
@Module({})
class Domain {}

/**
 * The whole server on a database of its own, with the simulator as its gateways, on the queue backend of the run.
 * What speaks GraphQL is loaded by the tests that start it, for that takes longer than many of them.
 */
export class Carillon {
  /** Polls until a condition holds. */
  readonly until = until;

  private readonly contexts: { close(): Promise<void> }[];
  private readonly processes = new Set<ChildProcess>();

  private constructor(
    readonly simulator: Simulator,
    readonly config: ServiceConfig,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly database: TestDatabase,
    private readonly domain: INestApplicationContext,
  ) {
    this.contexts = [domain];
  }

  /** @param variables change the configuration, e.g. lead a gateway elsewhere */
  static async start(
    options: SimulatorOptions = {},
    variables: NodeJS.ProcessEnv = {},
    backing: Backing = testBacking,
  ): Promise<Carillon> {
    const [database, redisUrl, simulator] = await Promise.all([
      backing.database(),
      backing.redisUrl(),
      Simulator.start(options),
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'carillon-'));
    writeFileSync(join(folder, 'ca.pem'), simulator.ca);
    const environment = {
      NODE_ENV: 'test',
      PORT: '0',
      WORKER_PROCESSES: '1',
      DATABASE_URL: database.url,
      MASTER_KEY: randomBytes(32).toString('base64'),
      APNS_URL: simulator.apnsUrl,
      FCM_URL: simulator.fcmUrl,
      GATEWAY_CA_FILE: join(folder, 'ca.pem'),
      DATA_DIR: folder,
      LOG_LEVEL: logLevel,
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
      ...variables,
    };
    const config = loadConfig(environment);
    assertServiceConfig(config);
    const domain = await NestFactory.createApplicationContext(
      {
        module: Domain,
        imports: [
          CoreModule.forRoot(config, schema, 'carillon test'),
          ApplicationsModule,
          AuthModule,
          PowerAuthServerModule,
          DevicesModule,
          DeliveryModule,
          CampaignsModule,
        ],
      },
      { logger: createLogger(config), abortOnError: false },
    );
    return new Carillon(simulator, config, environment, database, domain);
  }

  /** Returns a service of the domain. No worker runs beside it until one is started. */
  get<Service>(type: Type<Service>): Service {
    return this.domain.get(type, { strict: false });
  }

  async sql<Row>(query: string, parameters?: unknown[]): Promise<Row[]> {
    return this.get(DataSource).query<Row[]>(query, parameters);
  }

  /** Starts a worker in this process, whose clock is wrong by so much. */
  async startWorker({ clockAheadMs = 0 } = {}): Promise<INestApplicationContext> {
    const { startWorker } = await import('@app/testing/servers');
    const worker = await startWorker(this.config);
    this.contexts.push(worker);
    setClock(worker, clockAheadMs);
    return worker;
  }

  /** Makes the clock of the services that `get` gives wrong by so much. */
  setClock(aheadMs: number): void {
    setClock(this.domain, aheadMs);
  }

  /** Starts a worker in a process of its own, which a test may kill. */
  async startWorkerProcess(): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [join(root, 'scripts/run-typescript.mjs'), join(root, 'apps/worker/src/main.ts')],
      { env: { ...process.env, ...this.environment }, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    this.processes.add(child);
    child.once('exit', () => this.processes.delete(child));
    await once(child, 'spawn');
    return child;
  }

  /** Starts an API in this process, at a port of its own. */
  async startApi(): Promise<Api> {
    const { startApi } = await import('@app/testing/servers');
    const api = await startApi(this.config);
    this.contexts.push(api);
    return api;
  }

  /** Makes an OWNER, who may log in. */
  async createOperator(): Promise<{ readonly email: string; readonly password: string }> {
    const credentials = { email: 'owner@example.com', password: 'a long enough password' };
    await this.get(OperatorsService).create(tester, { ...credentials, role: 'OWNER' });
    return credentials;
  }

  /** Makes an application with credentials that the simulator verifies. */
  async createApplication(limits: Partial<Limits> = {}): Promise<number> {
    const applications = this.get(ApplicationsService);
    const credentials = this.get(CredentialsService);
    const { id } = await applications.create(tester, { name: 'Mobile bank' });
    const keys = makeDemoKeys(this.simulator, `app${id}`, fcmKey);
    await credentials.configure(tester, id, 'apns', keys.apns);
    await credentials.configure(tester, id, 'fcm', keys.fcm);
    await this.get(LaneLimits).set(tester, id, limits);
    return id;
  }

  /** Devices `0` to `count - 1`, each with a user of its own named after it; every second one is an Android device. */
  async createDevices(applicationId: number, count: number): Promise<void> {
    await this.sql(
      'INSERT INTO users SELECT $1::text || n FROM generate_series(0, $2::int - 1) AS n',
      [`user-${applicationId}-`, count],
    );
    await this.sql(
      `WITH created AS (
         INSERT INTO devices (application_id, platform, token)
         SELECT $1::int, CASE n % 2 WHEN 0 THEN 'ios' ELSE 'android' END::platform,
           CASE n % 2 WHEN 0 THEN encode(sha256((n || ' of ' || $1::int)::bytea), 'hex') ELSE 'android-' || $1::int || '-' || n END
         FROM generate_series(0, $2::int - 1) AS n RETURNING id)
       INSERT INTO activations (id, user_id, device_id, status)
       SELECT id || '', $3::text || (row_number() OVER (ORDER BY id) - 1), id, 'ACTIVE' FROM created`,
      [applicationId, count, `user-${applicationId}-`],
    );
  }

  /** Makes a draft campaign to every user of `createDevices`. */
  async createCampaign(applicationId: number): Promise<Campaign> {
    const campaign = await this.get(CampaignsService).create(tester, {
      applicationId,
      name: 'Balance update',
      content: { title: 'Balance update', body: 'Your balance is now $745.00', silent: false },
      personal: false,
    });
    await this.sql(
      'INSERT INTO campaign_users (campaign_id, user_id) SELECT $1, id FROM users WHERE id LIKE $2',
      [campaign.id, `user-${applicationId}-%`],
    );
    return campaign;
  }

  /** Waits until the message has no delivery left to do. */
  async completed(messageId: string): Promise<DeliveryCounts> {
    const messages = this.get(Messages);
    await until(async () =>
      ['completed', 'cancelled'].includes((await messages.get(messageId)).state),
    );
    return messages.counts(messageId);
  }

  /** Works as `completed`, though nothing waits for its next attempt. */
  async hurried(messageId: string): Promise<DeliveryCounts> {
    const messages = this.get(Messages);
    await until(async () => {
      if ((await messages.get(messageId)).state === 'completed') return true;
      await this.hurry(messageId);
      return false;
    });
    return messages.counts(messageId);
  }

  /** Makes all of a message due that waits for its next attempt. */
  async hurry(messageId: string): Promise<void> {
    for (const statement of [
      'UPDATE deliveries SET retry_at = now() WHERE message_id = $1 AND retry_at > now()',
      'UPDATE faults SET retry_at = now() WHERE message_id = $1 AND retry_at > now()',
      "UPDATE chunks SET wake_at = now() WHERE message_id = $1 AND state = 'waiting'",
    ])
      await this.sql(statement, [messageId]);
  }

  /** Returns the clock of the services that `get` gives. */
  get clock(): Clock {
    return this.domain.get(Clock, { strict: false });
  }

  async close(): Promise<void> {
    for (const child of this.processes) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const context of this.contexts.reverse()) await context.close();
    await this.simulator.close();
    await this.database.drop();
    rmSync(this.config.dataDir, { recursive: true });
  }
}

function setClock(context: INestApplicationContext, aheadMs: number): void {
  context.get(Clock).now = () => new Date(Date.now() + aheadMs);
}
