import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationStore } from '@app/applications';
import { CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';
import { benchBacking } from './kit/backing';
import { median, rounded } from './kit/statistics';
import { SlowGateway } from './kit/slow-gateway';

const smallDevices = 500;
const rounds = 5;
const startWithinMs = 60_000;

/**
 * Measures how long a campaign to 500 devices takes, from launch to completion, beside a campaign of another application
 * whose gateway is silent, beside a large one of another application, and beside a large one of its own, each against
 * alone. One worker process sends all of them.
 * @param large the devices of the large campaigns
 * @param latency of the gateway in milliseconds
 */
export async function fairness(large = '300000', latency = '0'): Promise<object> {
  const gateway = await SlowGateway.start(Number(latency));
  const caFile = join(mkdtempSync(join(tmpdir(), 'carillon-bench-')), 'gateway.pem');
  writeFileSync(caFile, gateway.ca);
  const carillon = await Carillon.start(
    {},
    { APNS_URL: gateway.url, GATEWAY_CA_FILE: caFile },
    await benchBacking(),
  );
  try {
    const own = await carillon.createApplication();
    const other = await carillon.createApplication();
    await carillon.createDevices(own, Number(large) * 2);
    await carillon.createDevices(other, Number(large) * 2);
    await carillon.sql("DELETE FROM devices WHERE platform = 'android'");
    await carillon.sql('ANALYZE');
    const otherKey = await carillon.get(ApplicationStore).credential(other, 'apns');
    const topic = otherKey?.bundle ?? '';
    await carillon.startWorkerProcess();

    await small(carillon, own); // warms it up
    const alone = await measure(carillon, own);
    const beside = async (application: number, latencyMs: number) => {
      gateway.latencyMs.set(topic, latencyMs);
      const campaign = await launched(carillon, application);
      await until(async () => (await stateOf(carillon, campaign.messageId)) === 'running');
      const before = gateway.arrived;
      await until(() => Promise.resolve(gateway.arrived > before + smallDevices));
      const took = await measure(carillon, own);
      if ((await stateOf(carillon, campaign.messageId)) !== 'running')
        throw new Error('The large campaign ended before the small ones');
      await carillon.get(CampaignsService).cancel(tester, campaign.id);
      await until(
        async () => (await carillon.get(Messages).counts(campaign.messageId)).pending === 0,
      );
      return took;
    };
    const large0 = await beside(other, Number(latency));
    const sibling = await beside(own, Number(latency));
    const silent = await beside(other, Infinity);
    return {
      bench: 'fairness',
      queue: carillon.config.redisUrl === undefined ? 'postgres' : 'redis',
      latencyMs: Number(latency),
      large: Number(large),
      aloneMs: rounded(alone),
      ratioBesideLarge: rounded(large0 / alone),
      ratioBesideLargeOfOwn: rounded(sibling / alone),
      ratioBesideSilent: rounded(silent / alone),
    };
  } finally {
    await carillon.close();
  }
}

/** @returns the median of the milliseconds that a small campaign takes */
async function measure(carillon: Carillon, application: number): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) took.push(await small(carillon, application));
  return median(took);
}

async function small(carillon: Carillon, application: number): Promise<number> {
  const { id, messageId } = await carillon.createCampaign(application);
  await carillon.sql(
    `DELETE FROM campaign_users WHERE campaign_id = $1 AND user_id NOT IN (
       SELECT user_id FROM activations JOIN devices ON devices.id = device_id
       WHERE application_id = $2 ORDER BY devices.id LIMIT ${smallDevices})`,
    [id, application],
  );
  const from = performance.now();
  await carillon.get(CampaignsService).launch(tester, id);
  await until(async () => (await stateOf(carillon, messageId)) === 'completed');
  const took = performance.now() - from;
  const counts = await carillon.get(Messages).counts(messageId);
  if (counts.accepted !== smallDevices) throw new Error(JSON.stringify(counts));
  return took;
}

async function launched(carillon: Carillon, application: number) {
  const campaign = await carillon.createCampaign(application);
  await carillon.get(CampaignsService).launch(tester, campaign.id);
  return campaign;
}

async function stateOf(carillon: Carillon, messageId: string): Promise<string> {
  return (await carillon.get(Messages).get(messageId)).state;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + startWithinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('Not within a minute');
    await sleep(5);
  }
}
