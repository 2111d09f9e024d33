import type { Figures } from './trial';

type Counts = Readonly<Record<string, number>>;

/** The figures of many runs as one line for the table of docs/reliability.md. */
export function totalsOf(runs: readonly Figures[]): object {
  const sum = (of: (run: Figures) => number) => runs.reduce((total, run) => total + of(run), 0);
  const most = (of: (run: Figures) => number) => Math.max(0, ...runs.map(of));
  return {
    runs: runs.length,
    seeds: `${runs[0]?.seed ?? ''} to ${runs.at(-1)?.seed ?? ''}`,
    onRedis: runs.filter(({ backend }) => backend === 'redis').length,
    strikes: added(runs.map(({ strikes }) => strikes)),
    keyedRequests: sum(({ keyedRequests }) => keyedRequests),
    attempts: sum(({ attempts }) => attempts),
    replayed: sum(({ replayed }) => replayed),
    messages: sum(({ messages }) => messages),
    deliveries: added(runs.map(({ deliveries }) => deliveries)),
    onScreens: sum(({ onScreens }) => onScreens),
    replaced: sum(({ replaced }) => replaced),
    retired: sum(({ retired }) => retired),
    slowestRecoverySeconds: most(({ recoverySeconds }) => recoverySeconds),
    slowestStopMs: most(({ slowestStopMs }) => slowestStopMs),
    seconds: Math.round(sum(({ seconds }) => seconds)),
  };
}

function added(list: readonly Counts[]): Counts {
  const total: Record<string, number> = {};
  for (const counts of list) {
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(total).sort(([a], [b]) => (a < b ? -1 : 1)));
}
