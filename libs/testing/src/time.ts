import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '@app/core';

/** How long what has to happen may take on a machine that is busy with something else. Nothing should ever take it. */
const patienceMs = 120_000;

/** Polls until `condition` holds. @throws when it does not for so long that it never will */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${patienceMs / 1_000} s`);
    await sleep(20);
  }
}

/** Lets what a process keeps for so long go stale: its caches, not what the database has. */
export function letPass(ms: number, clock: Clock): void {
  const elapsedMs = clock.elapsedMs.bind(clock);
  clock.elapsedMs = () => elapsedMs() + ms;
}

/** Stops the time of a process: no lock ends, and no cache goes stale, before the test has looked. @returns what starts it again */
export function stopTime(clock: Clock): () => void {
  const running = { now: clock.now.bind(clock), elapsedMs: clock.elapsedMs.bind(clock) };
  const [then, elapsedMs] = [clock.now(), clock.elapsedMs()];
  Object.assign(clock, { now: () => then, elapsedMs: () => elapsedMs });
  return () => {
    Object.assign(clock, running);
  };
}
