import { join } from 'node:path';
import type { OperatorsService } from '@app/auth';
import { Config, migrate, type ServiceConfig } from '@app/core';
import { schema } from '../../../migrations';
import { startApi } from '../../api/src/start';
import { Simulator, type SimulatorOptions } from '../../simulator/src';
import { startWorker } from '../../worker/src/start';
import { startEmbeddedPostgres } from './embedded-postgres';
import { masterKeyIn } from './master-key';

export interface Standalone {
  /** Origin of the API. */
  readonly url: string;
  readonly config: ServiceConfig;
  readonly operators: OperatorsService;
  /** Made at the very first start: the password is known here and nowhere else. */
  readonly firstOwner: { readonly email: string; readonly password: string } | undefined;
  /** Absent when both gateways have a URL of their own. */
  readonly simulator: Simulator | undefined;
  close(): Promise<void>;
}

/** For the console of whoever starts it. */
export const firstOwnerLine = ({ email, password }: NonNullable<Standalone['firstOwner']>) =>
  `Operator      ${email}, password ${password} (shown this once; change it)`;

/**
 * Everything in this one process, with a default for whatever the configuration leaves open: PostgreSQL beside it, a
 * master key in `dataDir`, and the simulator for each gateway that has no URL.
 */
export async function startStandalone(
  config: Config,
  simulatorOptions: SimulatorOptions = {},
): Promise<Standalone> {
  const running: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of running.splice(0).reverse()) await end();
  };
  try {
    let { databaseUrl, apnsUrl, fcmUrl, gatewayCa } = config;
    if (databaseUrl === undefined) {
      const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir });
      running.push(() => postgres.stop());
      databaseUrl = postgres.url;
    }
    await migrate(databaseUrl, schema);

    let simulator: Simulator | undefined;
    if (apnsUrl === undefined || fcmUrl === undefined) {
      simulator = await Simulator.start({
        host: config.host,
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

    const masterKey = config.masterKey ?? masterKeyIn(config.dataDir);
    const derived = { databaseUrl, apnsUrl, fcmUrl, gatewayCa, masterKey };
    const complete = Object.assign(new Config(), config, derived);
    const worker = await startWorker(complete);
    running.push(() => worker.close());
    const api = await startApi(complete);
    running.push(() => api.close());
    const email = 'owner@localhost';
    const password = await api.operators.ensureFirstOwner(email);
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
