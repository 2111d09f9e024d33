import { setTimeout as sleep } from 'node:timers/promises';
import { CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { tester } from '@app/testing/harness';
import { until } from '@app/testing/time';
import { Installation } from './kit/installation';
import { progress } from './kit/progress';
import { SlowGateway } from './kit/slow-gateway';

const ways = ['pause', 'cancel', 'SIGTERM'] as const;
/** How long nothing may come once no worker has anything of the campaigns in hand. */
const silenceMs = 2_000;

/** An application whose gateway takes so long. */
interface Lane {
  readonly latencyMs: number;
  readonly applicationId: number;
  readonly topic: string;
  readonly lastSendMs: Record<string, number>;
}

/**
 * Measures how long after the answer to a pause or a cancellation, and after the SIGTERM of the only worker, the last send
 * of a campaign arrives at the gateway, and how long the worker takes to end. The one worker sends a campaign to each of
 * the gateways at the same time.
 * @param latencies of the gateways in milliseconds, separated by commas
 * @param devices of each campaign
 */
export async function pause(latencies = '0,200,1000,5000', devices = '60000'): Promise<object> {
  const gateway = await SlowGateway.start();
  const installation = await Installation.start({ sink: gateway });
  const count = Number(devices);
  try {
    const lanes: Lane[] = [];
    for (const latencyMs of latencies.split(',').map(Number)) {
      const applicationId = await installation.createApplication(count);
      const topic = await installation.topicOf(applicationId);
      gateway.latencyMs.set(topic, latencyMs);
      lanes.push({ latencyMs, applicationId, topic, lastSendMs: {} });
    }
    progress(`${lanes.length} applications with ${devices} devices each`);
    const campaigns = installation.carillon.get(CampaignsService);
    const worker = await installation.startWorker();
    let endedMs = 0;
    for (const way of ways) {
      const stop =
        way === 'SIGTERM' ? () => worker.stop() : (id: number) => campaigns[way](tester, id);
      const before = lanes.map(({ topic }) => gateway.of(topic).count);
      const running = await underWay(installation, gateway, lanes, count);
      const stoppedAt = await Promise.all(
        running.map(async ({ id }) => {
          const calledAt = performance.now();
          await stop(id);
          if (way !== 'SIGTERM') return performance.now();
          endedMs = performance.now() - calledAt;
          return calledAt;
        }),
      );
      await silence(installation, running);
      for (const [i, lane] of lanes.entries()) {
        const { count: arrived, lastAt } = gateway.of(lane.topic);
        lane.lastSendMs[way] = Math.round(Math.max(0, lastAt - (stoppedAt[i] ?? NaN)));
        const sent = arrived - (before[i] ?? NaN);
        const messageId = running[i]?.messageId ?? '';
        const { accepted } = await installation.carillon.get(Messages).counts(messageId);
        if (accepted !== sent) throw new Error(`${sent} arrived, ${accepted} accepted, ${way}`);
      }
      progress(way);
    }
    const runs = lanes.map(({ latencyMs, lastSendMs }) => ({ latencyMs, lastSendMs }));
    return { bench: 'pause', devices: count, runs, endedMs: Math.round(endedMs) };
  } finally {
    gateway.stop();
    await installation.close();
  }
}

/** Launches a campaign to each of the gateways, so that all are in full swing at the same time. */
async function underWay(
  installation: Installation,
  gateway: SlowGateway,
  lanes: readonly Lane[],
  devices: number,
) {
  const swingMs = (latencyMs: number) => 1_500 + 2 * latencyMs;
  const longestMs = Math.max(...lanes.map(({ latencyMs }) => swingMs(latencyMs)));
  return Promise.all(
    lanes.map(async ({ latencyMs, applicationId, topic }) => {
      const before = gateway.of(topic).count;
      await sleep(longestMs - swingMs(latencyMs));
      const campaign = await installation.launch(applicationId, devices);
      while (gateway.of(topic).count === before) await sleep(5);
      await sleep(swingMs(latencyMs));
      return campaign;
    }),
  );
}

/** Waits until no worker has anything of the campaigns in hand, and a while after that. */
async function silence(
  installation: Installation,
  campaigns: readonly { readonly messageId: string }[],
): Promise<void> {
  const messageIds = campaigns.map(({ messageId }) => messageId);
  const working = `SELECT FROM chunks WHERE state = 'working' AND message_id = ANY($1)`;
  await until(async () => (await installation.carillon.sql(working, [messageIds])).length === 0);
  await sleep(silenceMs);
}
