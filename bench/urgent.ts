import { setTimeout as sleep } from 'node:timers/promises';
import { queueNamed } from './kit/backing';
import { HttpCaller } from './kit/http-load';
import { Installation } from './kit/installation';
import { delays, quantile, rounded } from './kit/statistics';
import { notificationsTo, send, sendRoute } from './notifications';

/** How often a notification is sent, whatever became of the one before. */
const everyMs = 100;
/** How long the idle server is measured in each round. */
const idleMs = 8_000;
/** How long there may be further rounds. */
const budgetMs = 55_000;

/**
 * Measures how long a notification takes from its request to its stored outcome, on an idle server and while a campaign
 * of another application is planned and sent beside it.
 * @param devices of the campaign
 * @param latency of the gateway in milliseconds
 * @param queue the queue's backend
 * @param processes of the worker; of two, one has the notifications
 */
export async function urgent(
  devices = '300000',
  latency = '0',
  queue = 'postgres',
  processes = '2',
): Promise<object> {
  const installation = await Installation.start({
    latencyMs: Number(latency),
    queue: queueNamed(queue),
  });
  try {
    const busy = await installation.createApplication(Number(devices));
    const other = await installation.createApplication(1_000);
    await installation.startWorker({ WORKER_PROCESSES: processes });
    const api = await installation.startApi({ POWERAUTH_COMPAT: 'open' });
    const bodies = notificationsTo(other, 1_000);
    const sendWhile = (work: () => Promise<unknown>) => sendEach(sendRoute(api), bodies, work);
    const campaign = async (size: number) => {
      const draft = await installation.draft(busy, size);
      return async () => {
        await installation.launchDraft(draft);
        await installation.completed(draft.messageId, size);
      };
    };

    // Warms up what is used by both.
    await sendWhile(await campaign(Math.min(10_000, Number(devices))));
    const idle: number[] = [];
    const under: number[] = [];
    let seconds = 0;
    const startedAt = performance.now();
    let rounds = 0;
    do {
      rounds++;
      idle.push(...(await sendWhile(() => sleep(idleMs))));
      const draft = await campaign(Number(devices));
      const launchedAt = performance.now();
      under.push(...(await sendWhile(draft)));
      seconds += (performance.now() - launchedAt) / 1_000;
    } while ((performance.now() - startedAt) * (1 + 1 / rounds) < budgetMs);
    const p99Ratio = quantile(0.99, under) / quantile(0.99, idle);
    return {
      bench: 'urgent',
      queue,
      devices: Number(devices),
      latencyMs: Number(latency),
      processes: Number(processes),
      rounds,
      p99Ratio: rounded(p99Ratio),
      idle: summary(idle),
      underCampaign: summary(under),
      devicesPerSecond: Math.round((Number(devices) * rounds) / seconds),
    };
  } finally {
    await installation.close();
  }
}

const summary = (ms: readonly number[]) => ({
  sent: ms.length,
  ...delays(ms),
  maxMs: rounded(Math.max(...ms)),
});

/** Sends notifications at an even pace until some work is done. @returns how long each took, from when it was due */
async function sendEach(
  url: string,
  bodies: Generator<string, string>,
  work: () => Promise<unknown>,
): Promise<number[]> {
  const free: HttpCaller[] = [];
  const sent: Promise<number>[] = [];
  const sendOne = async (dueAt: number): Promise<number> => {
    const caller = free.pop() ?? (await HttpCaller.connect(url));
    await send(caller, bodies.next().value);
    free.push(caller);
    return performance.now() - dueAt;
  };
  const working = { done: false };
  const finished = work().finally(() => {
    working.done = true;
  });
  const startedAt = performance.now();
  for (let n = 0; !working.done; n++) {
    const dueAt = startedAt + n * everyMs;
    await sleep(Math.max(0, dueAt - performance.now()));
    const sending = sendOne(dueAt);
    sending.catch(() => undefined); // told below
    sent.push(sending);
  }
  await finished;
  const took = await Promise.all(sent);
  for (const caller of free) caller.close();
  return took;
}
