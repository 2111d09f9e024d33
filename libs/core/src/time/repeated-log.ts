import type { Logger } from '@nestjs/common';

/** How long the same line is not repeated. */
const quietMs = 60_000;

/** How many lines are remembered; a process with more different ones has other worries. */
const remembered = 100;

/** Logs a line that is true a hundred times a second only once a minute, with the number of times. */
export class RepeatedLog {
  private readonly said = new Map<string, { readonly atMs: number; times: number }>();

  constructor(private readonly logger: Pick<Logger, 'warn' | 'error'>) {}

  /** @param details tell of this one time, and do not make it another line */
  warn(line: string, details = ''): void {
    const times = this.timesToSay(line);
    if (times > 0) this.logger.warn(textOf(line, times, details));
  }

  /** @param details tell of this one time, and do not make it another line */
  error(line: string, details = ''): void {
    const times = this.timesToSay(line);
    if (times > 0) this.logger.error(textOf(line, times, details));
  }

  /** @returns for how many times the line stands; 0 when it is not to be said now */
  private timesToSay(line: string): number {
    const last = this.said.get(line);
    const now = performance.now();
    if (last !== undefined && now - last.atMs < quietMs) {
      last.times++;
      return 0;
    }
    if (this.said.size >= remembered) this.said.clear();
    this.said.set(line, { atMs: now, times: 0 });
    return (last?.times ?? 0) + 1;
  }
}

function textOf(line: string, times: number, details: string): string {
  const often = times > 1 ? ` (${times} times)` : '';
  return `${line}${often}${details === '' ? '' : `\n${details}`}`;
}
