import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationStore } from '@app/applications';
import { CampaignsService } from '@app/campaigns';
import type { Gateway } from '@app/core';
import { type DeliveryCounts, Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';
import { startApi } from './api';
import { benchBacking, newFolder, type Queue } from './backing';
import { type Child, startProgram, startServer, startTypescript } from './child';
import { countCpu, type CpuCount, parentOf } from './processes';

/** A gateway that accepts everything. */
export interface Sink {
  readonly url: string;
  readonly ca: string;
  readonly caFile: string;
}

interface InstallationOptions {
  /** The gateway that the sink stands for. */
  readonly gateway?: Gateway;
  readonly latencyMs?: number;
  /** The sink; when absent, one in a process of its own. */
  readonly sink?: Omit<Sink, 'caFile'>;
  readonly queue?: Queue;
}

/** The whole server, each part of it in a process of its own; its gateway is a sink. */
export class Installation {
  private readonly children: Child[] = [];
  private readonly pids: Record<string, number> = {};

  private constructor(
    /** The domain, for what is made and looked at beside what is measured. */
    readonly carillon: Carillon,
    readonly sink: Sink,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly gateway: Gateway,
  ) {}

  static async start(options: InstallationOptions = {}): Promise<Installation> {
    const { gateway = 'apns', latencyMs = 0, queue } = options;
    const program =
      options.sink === undefined
        ? await startProgram('sink.ts', [gateway, String(latencyMs)])
        : undefined;
    const { url, ca } = options.sink ?? (program?.ready as Omit<Sink, 'caFile'>);
    const caFile = join(newFolder(), 'sink.pem');
    writeFileSync(caFile, ca);
    const sink = { url, ca, caFile };
    const environment = {
      MASTER_KEY: randomBytes(32).toString('base64'),
      APNS_URL: sink.url,
      FCM_URL: sink.url,
      GATEWAY_CA_FILE: caFile,
      WORKER_PROCESSES: '1',
    };
    const carillon = await Carillon.start({}, environment, await benchBacking(queue));
    const { databaseUrl, redisUrl, dataDir } = carillon.config;
    const installation = new Installation(
      carillon,
      sink,
      {
        ...environment,
        DATABASE_URL: databaseUrl,
        DATA_DIR: dataDir,
        ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
      },
      gateway,
    );
    if (program !== undefined) installation.has('sink', program.child);
    return installation;
  }

  get databaseUrl(): string {
    return this.carillon.config.databaseUrl;
  }

  /** @returns its URL */
  async startApi(environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const api = await startApi(this.databaseUrl, { ...this.environment, ...environment });
    this.has('api', api);
    return api.url;
  }

  async startWorker(environment: NodeJS.ProcessEnv = {}): Promise<Child> {
    const worker = await startTypescript('apps/worker/src/main.ts', [], 'Started', {
      ...this.environment,
      ...environment,
    });
    this.has('worker', worker);
    return worker;
  }

  /** Starts a program of the benches on this database and sink. @returns its URL */
  async startBare(file: string): Promise<string> {
    const { databaseUrl, sink } = this;
    const bare = await startServer(file, [databaseUrl, sink.url, sink.caFile]);
    this.has('bare', bare);
    return bare.url;
  }

  /** Makes an application with so many devices, each of a user `user-0`, `user-1`, …, which all of its campaigns go to. */
  async createApplication(devices: number): Promise<number> {
    const { carillon } = this;
    const id = await carillon.createApplication({ fcmPerSecond: 0 });
    const [platform, token] =
      this.gateway === 'apns'
        ? ['ios', `encode(sha256(('user-' || n)::bytea), 'hex')`]
        : ['android', `'token-' || $1::int || '-' || n`];
    await carillon.sql(
      `INSERT INTO users SELECT 'user-' || n FROM generate_series(0, $1::int - 1) AS n ON CONFLICT DO NOTHING`,
      [devices],
    );
    await carillon.sql(
      `WITH created AS (
         INSERT INTO devices (application_id, platform, token)
         SELECT $1::int, $2, ${token} FROM generate_series(0, $3::int - 1) AS n RETURNING id)
       INSERT INTO activations (id, user_id, device_id, status)
       SELECT id || '', 'user-' || (row_number() OVER (ORDER BY id) - 1), id, 'ACTIVE' FROM created`,
      [id, platform, devices],
    );
    await carillon.sql('VACUUM ANALYZE');
    return id;
  }

  /** Returns an application's topic at APNs. */
  async topicOf(applicationId: number): Promise<string> {
    const key = await this.carillon.get(ApplicationStore).credential(applicationId, 'apns');
    return key?.bundle ?? '';
  }

  async tokens(applicationId: number): Promise<string[]> {
    const rows = await this.carillon.sql<{ token: string }>(
      'SELECT token FROM devices WHERE application_id = $1 ORDER BY id',
      [applicationId],
    );
    return rows.map(({ token }) => token);
  }

  /** Makes a campaign to so many of the users, and launches it. @returns its id, and its message's */
  async launch(applicationId: number, devices: number) {
    const campaign = await this.draft(applicationId, devices);
    await this.launchDraft(campaign);
    return campaign;
  }

  async launchDraft({ id }: { readonly id: number }): Promise<void> {
    await this.carillon.get(CampaignsService).launch(tester, id);
  }

  /** Makes a campaign to so many of the users. @returns its id, and its message's */
  async draft(applicationId: number, devices: number) {
    const { carillon } = this;
    const { id, messageId } = await carillon.get(CampaignsService).create(tester, {
      applicationId,
      name: 'Balance update',
      content: { ...alert, silent: false },
      personal: false,
    });
    await carillon.sql(
      `INSERT INTO campaign_users (campaign_id, user_id) SELECT $1, 'user-' || n FROM generate_series(0, $2::int - 1) AS n`,
      [id, devices],
    );
    return { id, messageId };
  }

  /** Waits until a message is completed. @returns when it was planned and when it was completed, in seconds from now */
  async completed(messageId: string, devices: number): Promise<{ planned: number; done: number }> {
    const messages = this.carillon.get(Messages);
    const stateOf = async () => (await messages.get(messageId)).state;
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1_000;
    while ((await stateOf()) === 'planning') await sleep(5);
    const planned = seconds();
    while ((await stateOf()) !== 'completed') await sleep(10);
    const done = seconds();
    assertAllAccepted(await messages.counts(messageId), devices);
    return { planned, done };
  }

  /** Sends a campaign. @returns devices per second from plan to completion */
  async rateOf(applicationId: number, devices: number): Promise<number> {
    const { messageId } = await this.launch(applicationId, devices);
    const { planned, done } = await this.completed(messageId, devices);
    return devices / (done - planned);
  }

  /** Tells the microseconds of CPU for each device of a campaign, from its launch: the worker's, and PostgreSQL's. */
  async cpuOf(applicationId: number, devices: number): Promise<object> {
    const draft = await this.draft(applicationId, devices);
    const cpu = await this.countCpu();
    await this.launchDraft(draft);
    await this.completed(draft.messageId, devices);
    const { worker, postgres } = cpu(devices);
    return { worker, postgres };
  }

  /** Counts the transactions so far that wrote something: each of them has an id and is on disk when it is over. */
  async writes(): Promise<number> {
    const [row] = await this.carillon.sql<{ next: number }>(
      'SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint::int AS next',
    );
    return row?.next ?? NaN;
  }

  /** Begins to count the CPU of all that was started so far, PostgreSQL among it. */
  async countCpu(): Promise<CpuCount> {
    const [row] = await this.carillon.sql<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return countCpu({ ...this.pids, postgres: parentOf(row?.pid ?? 0) });
  }

  private has(name: string, child: Child): void {
    this.children.push(child);
    this.pids[name] = child.pid;
  }

  async close(): Promise<void> {
    await Promise.all(this.children.map((child) => child.stop()));
    await this.carillon.close();
  }
}

/** What all who are measured send. */
export const alert = { title: 'Balance update', body: 'Your balance is now $745.00' };

function assertAllAccepted(counts: DeliveryCounts, devices: number): void {
  if (counts.accepted !== devices) throw new Error(`Not all accepted: ${JSON.stringify(counts)}`);
}
