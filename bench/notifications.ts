import { setTimeout as sleep } from 'node:timers/promises';
import { queueNamed } from './kit/backing';
import { HttpCaller, postFor } from './kit/http-load';
import { alert, Installation } from './kit/installation';
import { rounds } from './kit/rounds';
import { delays, median, rounded } from './kit/statistics';

const devices = 20_000;
/** How long each round posts. */
const seconds = 2.5;
/** How many are sent one after the other while nothing else is done, with a rest between. */
const lone = 100;
const restMs = 30;

/**
 * Measures notifications over `POST /push/message/send`, which answers once the outcome is stored, each to a user with one
 * device, against a bare route that inserts a row, posts by the same gateway connection, and updates the row.
 * @param queue the queue's backend
 */
export async function notifications(queue = 'postgres'): Promise<object> {
  const installation = await Installation.start({ queue: queueNamed(queue) });
  try {
    const applicationId = await installation.createApplication(devices);
    const bodies = notificationsTo(applicationId, devices);
    await installation.startWorker();
    const routes = {
      carillon: sendRoute(await installation.startApi({ POWERAUTH_COMPAT: 'open' })),
      bare: sendRoute(await installation.startBare('bare-notifications.ts')),
    };
    const post = (route: keyof typeof routes, callers: number) =>
      postFor(routes[route], { callers, seconds }, (caller) => send(caller, bodies.next().value));
    const rate = (route: keyof typeof routes, callers: number) => async () =>
      (await post(route, callers)).perSecond;

    // A server that has sent some: PostgreSQL knows its tables, as autovacuum sees to within a minute.
    await post('carillon', 128);
    await installation.carillon.sql('VACUUM ANALYZE');
    const runs = await rounds({
      bare32: rate('bare', 32),
      carillon32: rate('carillon', 32),
      bare128: rate('bare', 128),
      carillon128: rate('carillon', 128),
    });
    const cpu = await installation.countCpu();
    const { posted } = await post('carillon', 128);
    const cpuMicros = cpu(posted);
    const figures = (carillon: 'carillon32' | 'carillon128', bare: 'bare32' | 'bare128') => ({
      ratio: rounded(median(runs.map((run) => run[carillon] / run[bare]))),
      perSecond: Math.round(median(runs.map((run) => run[carillon]))),
      barePerSecond: Math.round(median(runs.map((run) => run[bare]))),
    });
    return {
      bench: 'notifications',
      queue,
      rounds: runs.length,
      callers32: figures('carillon32', 'bare32'),
      callers128: figures('carillon128', 'bare128'),
      cpuMicros,
      lone: await sendAlone(installation, routes.carillon, bodies),
      bareLone: await sendAlone(installation, routes.bare, bodies),
    };
  } finally {
    await installation.close();
  }
}

export const sendRoute = (url: string): string => `${url}/push/message/send`;

/** Makes the bodies of notifications to one user after the other. */
export function* notificationsTo(applicationId: number, users: number): Generator<string, string> {
  for (let n = 0; ; n = (n + 1) % users) {
    const message = { userId: `user-${n}`, body: alert };
    yield JSON.stringify({ requestObject: { appId: applicationId, message } });
  }
}

/** Sends a notification. @throws Error unless the gateway accepted it and that is stored */
export async function send(caller: HttpCaller, body: string): Promise<void> {
  const answer = await caller.post(body);
  const { responseObject } = JSON.parse(answer) as { responseObject: { ios: { sent: number } } };
  if (responseObject.ios.sent !== 1) throw new Error(`Not accepted: ${answer}`);
}

/** Measures how long one takes by itself, and how many transactions that write something it is, then and afterwards. */
async function sendAlone(
  installation: Installation,
  url: string,
  bodies: Generator<string, string>,
): Promise<object> {
  const caller = await HttpCaller.connect(url);
  const ms: number[] = [];
  const commits: number[] = [];
  const later: number[] = [];
  for (let n = 0; n < lone; n++) {
    await sleep(restMs);
    const before = await installation.writes();
    const startedAt = performance.now();
    await send(caller, bodies.next().value);
    ms.push(performance.now() - startedAt);
    const after = await installation.writes();
    commits.push(after - before);
    await sleep(restMs);
    later.push((await installation.writes()) - after);
  }
  caller.close();
  return { ...delays(ms), commits: median(commits), laterCommits: median(later) };
}
