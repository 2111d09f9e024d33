import type { Gateway } from '@app/core';
import type { FaultRule } from '../../../simulator/src';
import { gatewayFault, faultOfOurs } from './gateway-faults';
import { Random } from './random';

export type Backend = 'postgres' | 'redis';

/**
 * What is done to a server process, or to the gateways: so many requests have been answered, and then some time passes,
 * so that a busy machine meets it at the same point of the work.
 */
export type Strike = { readonly afterAnswers: number; readonly afterMs: number } & (
  | {
      /** SIGKILL, SIGTERM, or SIGSTOP and later SIGCONT. */
      readonly what: 'kill' | 'stop' | 'freeze';
      readonly server: string;
      /** How long it takes until the process is started again, or goes on. */
      readonly forMs: number;
    }
  /** The process behind one of PostgreSQL's connections is killed: PostgreSQL itself ends all others and recovers. */
  | { readonly what: 'crash' }
  /** The queue forgets its jobs. */
  | { readonly what: 'flush' }
  | { readonly what: 'gateway'; readonly rule: FaultRule }
);

/** All that a run does, but for how long each step of it takes. */
export interface Plan {
  readonly seed: number;
  readonly backend: Backend;
  readonly apis: number;
  /** By how many minutes the clock of each worker is wrong. */
  readonly clocks: readonly number[];
  /** The application's limit on each gateway; 0 is none. */
  readonly perSecond: number;
  /** How many users there are, each with one device, of which every second is an iPhone. */
  readonly users: number;
  /** How many users have a device that has lost the app. */
  readonly lost: readonly number[];
  /** How many users each campaign addresses. */
  readonly campaigns: readonly number[];
  readonly callers: number;
  /** How many requests each caller sends, one after the other. */
  readonly requests: number;
  readonly strikes: readonly Strike[];
}

/** A claim on a chunk lapses after ten seconds: some freezes outlast it. */
const longestFreezeMs = 12_000;

/** @param backends that are there */
export function planOf(seed: number, backends: readonly Backend[]): Plan {
  const random = new Random(seed, 'plan');
  const backend = backends[seed % backends.length] ?? 'postgres';
  const apis = random.whole(1, 2);
  const workers = random.whole(2, 3);
  const users = random.whole(200, 800);
  const callers = random.whole(6, 12);
  const requests = random.whole(8, 20);
  return {
    seed,
    backend,
    apis,
    clocks: Array.from({ length: workers }, () => clock(random)),
    perSecond: random.pick([0, 100, 200, 400]),
    users,
    lost: Array.from({ length: random.whole(0, 6) }, () => random.whole(0, users - 1)),
    campaigns: Array.from({ length: random.whole(1, 2) }, () => random.whole(100, users)),
    callers,
    requests,
    strikes: strikes(random, serversOf(backend, apis, workers), callers * requests),
  };
}

/** Chooses a clock. @returns by how many minutes it is wrong */
function clock(random: Random): number {
  if (random.chance(0.8)) return 0;
  return random.whole(2, 90) * random.pick([-1, 1]);
}

function serversOf(backend: Backend, apis: number, workers: number): readonly string[] {
  const named = (name: string, count: number) =>
    Array.from({ length: count }, (_, n) => `${name}-${n + 1}`);
  return [
    ...named('api', apis),
    ...named('worker', workers),
    'postgres',
    ...(backend === 'redis' ? ['redis'] : []),
  ];
}

function strikes(random: Random, servers: readonly string[], answers: number): Strike[] {
  const list = Array.from({ length: random.whole(4, 8) }, () => draw(random, servers, answers));
  // It may open a breaker, whose next probe comes a minute later.
  if (random.chance(0.08)) {
    list.push({ ...moment(random, answers), what: 'gateway', rule: faultOfOurs(random) });
  }
  return list.sort((a, b) => a.afterAnswers - b.afterAnswers || a.afterMs - b.afterMs);
}

/** Draws the moment of a strike: most come while the callers are busy, some while only the workers are. */
function moment(random: Random, answers: number) {
  return {
    afterAnswers: random.chance(0.2) ? answers : random.whole(0, answers - 1),
    afterMs: random.whole(0, 1_500),
  };
}

function draw(random: Random, servers: readonly string[], answers: number): Strike {
  const at = moment(random, answers);
  const luck = random.fraction();
  if (luck < 0.4) {
    return { ...at, what: 'kill', server: random.pick(servers), forMs: random.whole(100, 3_000) };
  }
  if (luck < 0.5) {
    const stoppable = servers.filter((name) => /^(api|worker)-/.test(name));
    return { ...at, what: 'stop', server: random.pick(stoppable), forMs: random.whole(100, 2_000) };
  }
  if (luck < 0.65) {
    const forMs = random.whole(300, random.chance(0.3) ? longestFreezeMs : 3_000);
    return { ...at, what: 'freeze', server: random.pick([...servers, 'gateways']), forMs };
  }
  if (luck < 0.7) return { ...at, what: 'crash' };
  if (luck < 0.77) return { ...at, what: 'flush' };
  const gateway = random.pick<Gateway>(['apns', 'fcm']);
  return { ...at, what: 'gateway', rule: gatewayFault(random, gateway) };
}

/** Tells the plan in one line for each of its parts. */
export function describePlan(plan: Plan): string {
  const { seed, backend, apis, clocks, perSecond, users, lost, campaigns, callers, requests } =
    plan;
  const lines = [
    `seed ${seed}: queue on ${backend}, ${apis} API, ${clocks.length} workers with clocks wrong by ${clocks.join(', ')} min`,
    `${users} users (${lost.length} without the app), limit ${perSecond === 0 ? 'none' : `${perSecond}/s`}, campaigns to ${campaigns.join(' and ')}, ${callers} callers with ${requests} requests each`,
    ...plan.strikes.map(
      (strike) =>
        `after ${strike.afterAnswers} answers and ${seconds(strike.afterMs)}: ${describe(strike)}`,
    ),
  ];
  return lines.join('\n  ');
}

function describe(strike: Strike): string {
  switch (strike.what) {
    case 'crash':
      return "crash of one of PostgreSQL's processes";
    case 'flush':
      return 'the queue forgets all jobs';
    case 'gateway':
      return JSON.stringify(strike.rule);
    default:
      return `${strike.what} ${strike.server} for ${seconds(strike.forMs)}`;
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
