import { join } from 'node:path';
import { Deployment } from './deployment';
import { Invariants } from './invariants';
import type { Plan } from './plan';
import { deviceOf, type Room } from './room';
import { Strikes } from './strikes';
import { Traffic } from './traffic';

/** What happened in one run, as facts. */
export interface Figures {
  readonly seed: number;
  readonly backend: string;
  readonly seconds: number;
  readonly strikes: Readonly<Record<string, number>>;
  readonly keyedRequests: number;
  /** How often the requests were sent. */
  readonly attempts: number;
  /** How many of those got the first one's answer. */
  readonly replayed: number;
  readonly longestAnswerMs: number;
  readonly messages: number;
  readonly deliveries: Readonly<Record<string, number>>;
  readonly onScreens: number;
  /** Re-sends that took the place of what a device showed already. */
  readonly replaced: number;
  readonly gatewayRequests: number;
  readonly retired: number;
  /** From the last strike, or the last answer where that was later, until everything was final. */
  readonly recoverySeconds: number;
  /** The breakers open at that last strike or answer: each waits up to a minute for its next probe, and recovery with it. */
  readonly openBreakers: number;
  readonly slowestStopMs: number;
}

export interface Verdict {
  readonly figures: Figures;
  readonly broken: readonly string[];
  /** The folder of the servers' logs. */
  readonly logs: string;
}

/** An open breaker's next probe is a minute away. */
const finalWithinMs = 300_000;

/** Carries out a plan, lets everything recover, and compares. */
export async function runTrial(room: Room, plan: Plan): Promise<Verdict> {
  const startedAt = performance.now();
  const seconds = (since: number) => Math.round((performance.now() - since) / 100) / 10;
  const database = `run_${plan.seed}`;
  const logs = join(room.folder, `run-${plan.seed}`);
  await room.prepare(database);
  await room.postgres.query(
    `INSERT INTO lane_limits (application_id, gateway, per_second)
     SELECT id, gateway, $1::int FROM applications, unnest(enum_range(NULL::gateway)) AS gateway`,
    database,
    [plan.perSecond],
  );
  for (const user of plan.lost) {
    const { gateway, token } = deviceOf(user);
    await room.gateways.unregister(gateway, token);
  }
  const deployment = await Deployment.start(room, plan, database, logs);
  try {
    const traffic = await Traffic.of(plan, room, deployment.urls);
    const strikes = new Strikes(room, deployment, plan, database);
    await Promise.all([traffic.flow(), strikes.perform(() => traffic.answers)]);
    await room.gateways.recover();
    const calmAt = performance.now();

    const invariants = new Invariants(room, plan, database);
    await room.postgres.answers();
    const [lanes] = await room.postgres.query<{ open: number }>(
      'SELECT count(open_version)::int AS open FROM lanes',
      database,
    );
    await invariants.allFinal(finalWithinMs);
    const recoverySeconds = seconds(calmAt);
    await deployment.stopAll();
    const { sendings, tally } = traffic;
    await invariants.doneOnce(sendings);
    const onScreens = await invariants.seenOnce(sendings);
    const retired = await invariants.retiredRightly(sendings);
    const deliveries = await invariants.deliveries();
    const { apns, fcm } = await room.gateways.summary();
    return {
      logs,
      broken: [
        ...deployment.servers.flatMap(({ deaths }) => deaths).map((death) => `alive: ${death}`),
        ...deployment.stopFaults.map((fault) => `alive: ${fault}`),
        ...traffic.refusals.map((refusal) => `done once: ${refusal}`),
        ...invariants.broken,
      ],
      figures: {
        seed: plan.seed,
        backend: plan.backend,
        seconds: seconds(startedAt),
        strikes: strikes.done,
        keyedRequests: tally.requests,
        attempts: tally.attempts,
        replayed: tally.replayed,
        longestAnswerMs: tally.longestMs,
        messages: sendings.length,
        deliveries,
        onScreens,
        replaced: apns.replaced + fcm.replaced,
        gatewayRequests: apns.requests + fcm.requests,
        retired,
        recoverySeconds,
        openBreakers: lanes?.open ?? 0,
        slowestStopMs: Math.max(0, ...deployment.stopMs),
      },
    };
  } finally {
    await deployment.killAll();
    await room.postgres.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  }
}
