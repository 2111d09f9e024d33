import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until there is an answer.
 * @returns it, or undefined when there was none in time
 */
export async function until<Answer>(
  ask: () => Promise<Answer | undefined> | Answer | undefined,
  withinMs: number,
  everyMs = 50,
): Promise<Answer | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > deadline) return answer;
    await sleep(everyMs);
  }
}
