import { join } from 'node:path';
import type { OperatorsService } from '@app/auth';
import {
  assertDataDir,
  assertListenable,
  checkAll,
  Config,
  ConfigError,
  type Listening,
  migrateAs,
  type ServiceConfig,
} from '@app/core';
import { schema } from '../../../migrations';
import { startApi } from '../../api/src/start';
import { Simulator, type SimulatorOptions } from '../../simulator/src';
import { startWorker } from '../../worker/src/start';
import { assertFree, type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres';
import { EmbeddedPostgresError } from './embedded-postgres.error';
import { masterKeyOf } from './master-key';

export interface Standalone {
  /** The origin of the API. */
  readonly url: string;
  readonly config: ServiceConfig;
  readonly operators: OperatorsService;
  /** The owner made at the very first start; the password is known here and nowhere else. */
  readonly firstOwner: { readonly email: string; readonly password: string } | undefined;
  /** The simulator; absent when both gateways have a URL of their own. */
  readonly simulator: Simulator | undefined;
  close(): Promise<void>;
}

export interface StandaloneOptions {
  /** The name that others who want the same data folder see for us. */
  readonly holder?: string;
  readonly simulator?: SimulatorOptions;
  /** Whether an operator is made where there is none, with a password that has to be changed. */
  readonly makesOwner?: boolean;
  /** Takes a line for each step at the moment it is done, for the console of whoever starts it. */
  readonly say?: (line: string) => void;
  /** Called when PostgreSQL has died for good. */
  readonly fail?: (error: Error) => void;
}

/**
 * Runs everything in this one process, with a default for whatever the configuration leaves open: PostgreSQL beside it,
 * a master key in `dataDir`, and the simulator for each gateway that has no URL, unless GATEWAYS is real; in production
 * only where it is simulated.
 * @throws ConfigError when the configuration is wrong, or the data folder another process's
 */
export async function startStandalone(
  config: Config,
  {
    holder = 'another program',
    simulator: simulatorOptions,
    makesOwner = true,
    say,
    fail,
  }: StandaloneOptions = {},
): Promise<Standalone> {
  const isWanted =
    config.gateways === 'simulated' ||
    (config.gateways === undefined && config.nodeEnv !== 'production');
  const simulated = isWanted && (config.apnsUrl === undefined || config.fcmUrl === undefined);
  await checkAll([
    async () => {
      assertDataDir(config.dataDir);
      if (config.databaseUrl === undefined) await sayDataDir(assertFree(config.dataDir));
    },
    () => assertListenable(...listeningOf(config, simulated)),
  ]);
  const running: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (const end of running.splice(0).reverse()) await end();
  };
  const close = () => (closing ??= closeAll());
  const masterKey = masterKeyOf(config);
  try {
    let { databaseUrl, apnsUrl, fcmUrl, gatewayCa } = config;
    if (databaseUrl === undefined) {
      say?.(`Starting PostgreSQL in ${config.dataDir} …`);
      const postgres = await startPostgres(config.dataDir, holder, say, fail);
      running.push(() => postgres.stop());
      databaseUrl = postgres.url;
    }
    const migrations = await migrateAs(
      databaseUrl,
      config.databaseUrl === undefined ? undefined : config.databaseOwnerUrl,
      schema,
    );
    if (migrations.length > 0) say?.(`Migrated the database: ${migrations.join(', ')}`);

    say?.(`Starting ${simulated ? 'simulator, ' : ''}worker and API …`);
    let simulator: Simulator | undefined;
    if (simulated) {
      simulator = await Simulator.start({
        host: config.simulatorHost,
        apnsPort: config.simulatorApnsPort,
        fcmPort: config.simulatorFcmPort,
        controlPort: config.simulatorControlPort,
        tlsDir: join(config.dataDir, 'simulator'),
        ...simulatorOptions,
      });
      running.push(simulator.close.bind(simulator));
      apnsUrl ??= simulator.apnsUrl;
      fcmUrl ??= simulator.fcmUrl;
      gatewayCa = [gatewayCa, simulator.ca].filter((pem) => pem !== undefined).join('\n');
    }

    const gateways = simulated ? 'simulated' : config.gateways;
    const derived = { databaseUrl, gateways, apnsUrl, fcmUrl, gatewayCa, masterKey };
    const complete = Object.assign(new Config(), config, derived);
    const worker = await startWorker(complete);
    running.push(() => worker.close());
    const api = await startApi(complete);
    running.push(() => api.close());
    const email = 'owner@localhost';
    const password = makesOwner ? await api.operators.ensureFirstOwner(email) : undefined;
    return {
      url: api.url,
      config: complete,
      operators: api.operators,
      firstOwner: password === undefined ? undefined : { email, password },
      simulator,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lists what is listened on, with the simulator where it runs too. */
export function listeningOf(config: Config, simulated: boolean): Listening[] {
  const { simulatorApnsPort, simulatorFcmPort, simulatorControlPort } = config;
  const api = { host: config.host, ports: { PORT: config.port } };
  const simulator = {
    host: config.simulatorHost,
    hostVariable: 'SIMULATOR_HOST',
    ports: {
      SIMULATOR_APNS_PORT: simulatorApnsPort,
      SIMULATOR_FCM_PORT: simulatorFcmPort,
      SIMULATOR_CONTROL_PORT: simulatorControlPort,
    },
  };
  return simulated ? [api, simulator] : [api];
}

function startPostgres(
  dataDir: string,
  holder: string,
  log: StandaloneOptions['say'],
  onFailure: StandaloneOptions['fail'],
): Promise<EmbeddedPostgres> {
  return sayDataDir(
    startEmbeddedPostgres({
      dataDir,
      holder,
      ...(log !== undefined && { log }),
      ...(onFailure !== undefined && { onFailure }),
    }),
  );
}

/** Turns refusals of the embedded PostgreSQL into a problem of DATA_DIR. @throws ConfigError */
async function sayDataDir<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EmbeddedPostgresError)) throw error;
    throw new ConfigError([`DATA_DIR: ${error.message}`]);
  }
}
