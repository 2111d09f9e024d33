import { CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { tester } from '@app/testing/harness';
import { until } from '@app/testing/time';
import { queueNamed } from './kit/backing';
import { Installation } from './kit/installation';
import { progress } from './kit/progress';
import { median, rounded } from './kit/statistics';
import { SlowGateway } from './kit/slow-gateway';

const smallDevices = 500;
const rounds = 5;

/**
 * Measures how long a campaign to 500 devices takes, from launch to completion, beside a campaign of another application
 * whose gateway is silent, beside a large one of another application, and beside a large one of its own, each against
 * alone. One worker process sends all of them.
 * @param large the devices of the large campaigns
 * @param latency of the gateway in milliseconds
 * @param queue the queue's backend
 */
export async function fairness(
  large = '300000',
  latency = '0',
  queue = 'postgres',
): Promise<object> {
  const gateway = await SlowGateway.start(Number(latency));
  const installation = await Installation.start({ sink: gateway, queue: queueNamed(queue) });
  const campaigns = installation.carillon.get(CampaignsService);
  const messages = installation.carillon.get(Messages);
  const isRunning = async (messageId: string) =>
    (await messages.get(messageId)).state === 'running';
  try {
    const own = await installation.createApplication(Number(large));
    const other = await installation.createApplication(Number(large));
    await installation.startWorker();

    const small = async () => {
      const draft = await installation.draft(own, smallDevices);
      const from = performance.now();
      await installation.launchDraft(draft);
      await installation.completed(draft.messageId, smallDevices);
      return performance.now() - from;
    };
    /** @returns the median of the milliseconds that a small campaign takes */
    const measure = async (where: string): Promise<number> => {
      const took: number[] = [];
      for (let round = 0; round < rounds; round++) took.push(await small());
      progress(`${where}: ${took.map(Math.round).join(', ')} ms`);
      return median(took);
    };
    const beside = async (where: string, application: number, latencyMs: number) => {
      const topic = await installation.topicOf(application);
      gateway.latencyMs.set(topic, latencyMs);
      const before = gateway.of(topic).count;
      const { id, messageId } = await installation.launch(application, Number(large));
      await until(() => gateway.of(topic).count > before + smallDevices);
      const took = await measure(where);
      if (!(await isRunning(messageId)))
        throw new Error('The large campaign ended before the small ones');
      await campaigns.cancel(tester, id);
      // What a silent gateway has is left to it.
      if (latencyMs < Infinity)
        await until(async () => (await messages.counts(messageId)).pending === 0);
      return took;
    };
    await small(); // warms it up
    const alone = await measure('alone');
    const large0 = await beside('beside a large one', other, Number(latency));
    const sibling = await beside('beside a large one of its own', own, Number(latency));
    const silent = await beside('beside a silent gateway', other, Infinity);
    return {
      bench: 'fairness',
      queue,
      latencyMs: Number(latency),
      large: Number(large),
      aloneMs: rounded(alone),
      ratioBesideLarge: rounded(large0 / alone),
      ratioBesideLargeOfOwn: rounded(sibling / alone),
      ratioBesideSilent: rounded(silent / alone),
    };
  } finally {
    gateway.stop();
    await installation.close();
  }
}
