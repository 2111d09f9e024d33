/** A schedule that goes on until it is stopped. */
export interface Schedule {
  /** Begins no further task. @returns once the one that is under way has ended */
  stop(): Promise<void>;
}

/**
 * Does these tasks one after the other, at once and again `ms` after the last of them has ended: no round runs into the one
 * before. A task that fails keeps neither the others nor the next round from their work.
 * @param failed is told which task failed, and why
 */
export function every(
  ms: number,
  tasks: Readonly<Record<string, () => Promise<unknown>>>,
  failed: (task: string, error: unknown) => void,
): Schedule {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = round();

  async function round(): Promise<void> {
    for (const [name, task] of Object.entries(tasks)) {
      if (stopped) return;
      try {
        await task();
      } catch (error) {
        failed(name, error);
      }
    }
    if (stopped) return;
    timer = setTimeout(() => {
      running = round();
    }, ms);
  }

  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
