import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertServiceConfig, ConfigError, loadConfig, type ServiceConfig } from '@app/core';
import { destinationOf, turnOverGateways } from '@app/delivery';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { startWorker } from '../src/start';

let database: TestDatabase;
const workers: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
  await database.drop();
});

const toSimulator = { APNS_URL: 'https://127.0.0.1:8443', FCM_URL: 'https://127.0.0.1:8444' };

function configOf(variables: NodeJS.ProcessEnv): ServiceConfig {
  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: database.url,
    MASTER_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'silent',
    ...variables,
  });
  assertServiceConfig(config);
  return config;
}

async function start(variables: NodeJS.ProcessEnv): Promise<{ close(): Promise<void> }> {
  const worker = await startWorker(configOf(variables));
  workers.push(worker);
  return worker;
}

async function turnOver(kind: 'real' | 'simulated'): Promise<number> {
  const dataSource = new DataSource({ type: 'postgres', url: database.url });
  await dataSource.initialize();
  try {
    return await turnOverGateways(dataSource, kind);
  } finally {
    await dataSource.destroy();
  }
}

describe('a worker', () => {
  it.each([
    ['real', {}],
    ['real', { APNS_URL: 'https://proxy.example.com', FCM_URL: 'https://proxy.example.com' }],
    ['simulated', toSimulator],
    ['simulated', { FCM_URL: 'http://localhost:8444' }],
    ['simulated', { FCM_URL: 'https://[::1]:8444' }],
    ['real', { ...toSimulator, GATEWAYS: 'real' }],
    [
      'simulated',
      { APNS_URL: 'https://simulator', FCM_URL: 'https://simulator', GATEWAYS: 'simulated' },
    ],
  ])('leads to %s gateways by %j', (kind, variables) => {
    expect(destinationOf(configOf(variables))).toBe(kind);
  });

  it('is refused when GATEWAYS promises a simulator that no URL leads to', () => {
    const config = configOf({ GATEWAYS: 'simulated', FCM_URL: 'https://127.0.0.1:8444' });
    expect(() => destinationOf(config)).toThrow(/APNS_URL: is required/);
  });

  it.each([
    ['simulated', toSimulator, 'real', {}],
    ['real', {}, 'simulated', toSimulator],
  ] as const)(
    'to %s gateways is the reason to refuse one to others, before it takes a job',
    async (_, first, otherKind, other) => {
      await start(first);
      await start(first);
      const refused = start(other);
      await expect(refused).rejects.toThrow(ConfigError);
      await expect(refused).rejects.toThrow(
        new RegExp(
          `GATEWAYS: the workers of this database lead to .* since 2.*gateways ${otherKind}`,
        ),
      );
    },
  );

  it('may lead elsewhere after the database was turned over, which none may be connected for', async () => {
    const first = await start(toSimulator);
    expect(await turnOver('real')).toBeGreaterThan(0);
    await expect(start({})).rejects.toThrow('GATEWAYS: ');
    await first.close();
    workers.splice(0);

    // PostgreSQL takes a moment to see that a client has gone.
    while ((await turnOver('real')) > 0) await sleep(50);
    await start({});
    await expect(start(toSimulator)).rejects.toThrow('GATEWAYS: ');
  });
});
