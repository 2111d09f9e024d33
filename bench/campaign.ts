import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationStore } from '@app/applications';
import { CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';
import { apns2Loop } from './apns2-client';
import { benchBacking } from './backing';
import { bareLoop } from './bare-loop';
import { startChild } from './child';

const deviceCount = 50_000;
/** The number of rounds: what else the machine does disturbs one of them, not the middle of three. */
const rounds = 3;
const alert = { title: 'Balance update', body: 'Your balance is now $745.00' };

/** Sends per second. */
interface Rates {
  readonly http2: number;
  readonly apns2: number;
  readonly carillon: number;
}

/**
 * Measures a campaign to APNs through one worker process that stores every outcome, against two clients that store
 * nothing: a bare node:http2 loop and apns2. All send to one sink; a campaign is timed from plan to completion.
 * @param latency of the sink in milliseconds
 */
export async function campaign(latency = '0'): Promise<object> {
  const server = await startChild('sink.ts', latency);
  const sink = server.ready as { url: string; ca: string };
  const caFile = join(mkdtempSync(join(tmpdir(), 'carillon-bench-')), 'sink.pem');
  writeFileSync(caFile, sink.ca);
  const carillon = await Carillon.start(
    {},
    { APNS_URL: sink.url, GATEWAY_CA_FILE: caFile },
    await benchBacking(),
  );
  try {
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, deviceCount * 2);
    await carillon.sql("DELETE FROM devices WHERE platform = 'android'");
    await carillon.sql('ANALYZE');
    const rows = await carillon.sql<{ token: string }>('SELECT token FROM devices ORDER BY id');
    const tokens = rows.map(({ token }) => token);
    const payload = Buffer.from(JSON.stringify({ aps: { alert } }));
    const key = await carillon.get(ApplicationStore).credential(applicationId, 'apns');
    if (key === undefined) throw new Error('The application has no APNs credential');

    const options = {
      team: key.teamId,
      keyId: key.keyId,
      signingKey: key.privateKey,
      defaultTopic: key.bundle,
    };
    // At 50 ms it takes as long as it takes: a tenth tells its rate.
    const sample = latency === '0' ? tokens : tokens.slice(0, deviceCount / 10);
    await carillon.startWorkerProcess();
    await measure(carillon, applicationId); // warms it up
    const runs: Rates[] = [];
    for (let round = 0; round < rounds; round++) {
      runs.push({
        http2: await bareLoop(sink.url, sink.ca, tokens, payload),
        apns2: await apns2Loop(sink.url, sink.ca, sample, options, alert),
        carillon: await measure(carillon, applicationId),
      });
    }
    const rate = (of: keyof Rates) => median(runs.map((run) => run[of]));
    return {
      bench: 'campaign',
      latencyMs: Number(latency),
      devices: deviceCount,
      queue: carillon.config.redisUrl === undefined ? 'postgres' : 'redis',
      ratioToHttp2: round(median(runs.map((run) => run.carillon / run.http2))),
      ratioToApns2: round(median(runs.map((run) => run.carillon / run.apns2))),
      perSecond: Math.round(rate('carillon')),
      http2PerSecond: Math.round(rate('http2')),
      apns2PerSecond: Math.round(rate('apns2')),
    };
  } finally {
    await carillon.close();
    await server.stop();
  }
}

async function measure(carillon: Carillon, applicationId: number): Promise<number> {
  const messages = carillon.get(Messages);
  const { id, messageId } = await carillon.createCampaign(applicationId);
  await carillon.get(CampaignsService).launch(tester, id);
  const stateOf = async () => (await messages.get(messageId)).state;
  while ((await stateOf()) === 'planning') await sleep(5);
  const startedAt = performance.now();
  while ((await stateOf()) !== 'completed') await sleep(10);
  const seconds = (performance.now() - startedAt) / 1000;
  const counts = await messages.counts(messageId);
  if (counts.accepted !== deviceCount)
    throw new Error(`Not all accepted: ${JSON.stringify(counts)}`);
  return deviceCount / seconds;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
const round = (ratio: number) => Math.round(ratio * 100) / 100;
