import { hashSync } from '@node-rs/argon2';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayOf, migrate, type Platform } from '@app/core';
import { schema } from '../../../../migrations';
import type { ApnsKey, FcmServiceAccount } from '../../../simulator/src';
import { makeDemoKeys } from '../../src/demo-keys';
import { freePort } from '@app/testing/free-port';
import { androidPrefix } from './gateway-faults';
import { Gateways } from './gateways';
import { PostgresServer } from './postgres-server';
import { programOf } from './programs';
import { Server } from './server';

export const applicationId = 1;

export interface Operator {
  readonly email: string;
  readonly password: string;
}

/** The one device of a user. */
export interface UserDevice {
  readonly gateway: 'apns' | 'fcm';
  readonly token: string;
}

export const userName = (user: number) => `user-${user}`;
const platformOf = (user: number): Platform => (user % 2 === 0 ? 'ios' : 'android');
const tokenOf = (user: number) =>
  user % 2 === 0
    ? createHash('sha256').update(userName(user)).digest('hex')
    : `${androidPrefix}${user}`;

export function deviceOf(user: number): UserDevice {
  return { gateway: gatewayOf[platformOf(user)], token: tokenOf(user) };
}

/** How many users the template has; a run addresses some of them. */
const userCount = 1_000;
const template = 'template_of_runs';

/** What runs share, one after the other: the servers behind Carillon, and a database to clone for each of them. */
export class Room {
  /** @param folder for data and logs */
  static async open(folder: string, withRedis: boolean): Promise<Room> {
    const postgres = await PostgresServer.create(
      join(folder, 'data'),
      join(folder, 'postgres.log'),
    );
    postgres.start();
    await postgres.answers();
    const gateways = await Gateways.start(folder);
    const redis = withRedis ? await startRedis(folder) : undefined;
    const room = new Room(folder, postgres, gateways, redis);
    await room.makeTemplate();
    return room;
  }

  readonly operators: readonly Operator[] = ['ada', 'bea', 'cay'].map((name) => ({
    email: `${name}@example.com`,
    password: randomBytes(18).toString('base64url'),
  }));
  private readonly masterKey = randomBytes(32).toString('base64');
  private readonly apnsKeys: ApnsKey[] = [];
  private readonly fcmAccounts: FcmServiceAccount[] = [];

  private constructor(
    readonly folder: string,
    readonly postgres: PostgresServer,
    readonly gateways: Gateways,
    readonly redis: { readonly server: Server; readonly url: string } | undefined,
  ) {}

  /** Returns the variables that every server of a run gets. */
  environment(database: string): NodeJS.ProcessEnv {
    return {
      NODE_ENV: 'production',
      // What is struck is a worker, not the parent of several.
      WORKER_PROCESSES: '1',
      DATA_DIR: this.folder,
      DATABASE_URL: this.postgres.urlOf(database),
      MASTER_KEY: this.masterKey,
      APNS_URL: this.gateways.apnsUrl,
      FCM_URL: this.gateways.fcmUrl,
      GATEWAY_CA_FILE: this.gateways.caFile,
    };
  }

  /** Makes a database as the template is, and gateways that have seen nothing. */
  async prepare(database: string): Promise<void> {
    await this.postgres.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await this.postgres.query(`CREATE DATABASE ${database} TEMPLATE ${template}`);
    await this.gateways.reset(this.apnsKeys, this.fcmAccounts);
  }

  async close(): Promise<void> {
    await this.gateways.server.kill();
    await this.redis?.server.kill();
    await this.postgres.stop(60_000, 'SIGINT');
  }

  /** Makes an application with credentials and devices, and operators, as a provisioning file and apps bring them. */
  private async makeTemplate(): Promise<void> {
    await this.postgres.query(`CREATE DATABASE ${template}`);
    await migrate(this.postgres.urlOf(template), schema);
    const api = new Server(
      programOf('api', 'provisioning', join(this.folder, 'provisioning.log'), {
        ...this.environment(template),
        PORT: String(await freePort()),
        PROVISION_FILE: this.provisioningFile(),
      }),
    );
    api.start();
    await api.says(/Listening on/);
    await api.stop(60_000);
    await this.postgres.query('INSERT INTO users SELECT unnest($1::text[])', template, [
      Array.from({ length: userCount }, (_, user) => userName(user)),
    ]);
    await this.postgres.query(
      `WITH created AS (
         INSERT INTO devices (application_id, platform, token)
         SELECT $1, unnest($2::platform[]), unnest($3::text[]) RETURNING id, token)
       INSERT INTO activations (id, user_id, device_id, status)
       SELECT token, user_id, id, 'ACTIVE' FROM created JOIN unnest($3::text[], $4::text[]) AS owner (token, user_id) USING (token)`,
      template,
      [
        applicationId,
        Array.from({ length: userCount }, (_, user) => platformOf(user)),
        Array.from({ length: userCount }, (_, user) => tokenOf(user)),
        Array.from({ length: userCount }, (_, user) => userName(user)),
      ],
    );
  }

  private provisioningFile(): string {
    const { apns, fcm } = makeDemoKeys({
      accounts: {
        registerApnsKey: (key) => this.apnsKeys.push(key),
        registerFcmServiceAccount: (account) => this.fcmAccounts.push(account),
      },
    });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const { privateKey, ...apnsNames } = apns;
    const file = join(this.folder, 'provisioning.json');
    const content = {
      operators: this.operators.map(({ email, password }) => ({
        ...{ email, role: 'OWNER' },
        passwordHash: hashSync(password, { memoryCost: 8_192, timeCost: 1 }),
      })),
      applications: [
        {
          id: applicationId,
          name: 'Mobile bank',
          apns: { ...apnsNames, privateKeyBase64: base64(privateKey) },
          fcm: { projectId: fcm.projectId, serviceAccountBase64: base64(fcm.serviceAccount) },
        },
      ],
    };
    writeFileSync(file, JSON.stringify(content), { mode: 0o600 });
    return file;
  }
}

/** Starts Redis as README wants it: every write in the append-only file, nothing evicted. */
async function startRedis(folder: string): Promise<{ server: Server; url: string }> {
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    'maxmemory-policy': 'noeviction',
  };
  const server = new Server({
    name: 'redis',
    file: 'redis-server',
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    env: { PATH: process.env.PATH },
    log: join(folder, 'redis.log'),
  });
  server.start();
  await server.says(/Ready to accept connections/);
  return { server, url: `redis://127.0.0.1:${port}` };
}
