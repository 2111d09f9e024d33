import { constants } from 'node:os';
import { ConfigError } from './config';
import { DatabaseAwayError } from './database/reachable';
import { within } from './deadline';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** What is not closed this long after the signal is left behind. Kubernetes kills after 30 seconds. */
const closeWithinMs = 25_000;

/**
 * The main of every app: starts it, and closes it on SIGINT or SIGTERM, whatever is away meanwhile. A refused start ends
 * with a sentence for the operator, and code 1, or 69 when the database is away; only what we did not foresee shows a
 * stack.
 * @param start is given what to call when the app can't go on
 */
export async function runProcess(
  start: (fail: (error: Error) => void) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  // As process 1 of a container nobody ends us by default. A start that is cut off loses nothing.
  let end = (signal: (typeof signals)[number]): void =>
    process.exit(128 + constants.signals[signal]);
  for (const signal of signals) {
    process.on(signal, () => {
      end(signal);
    });
  }
  const fail = (error: Error): void => {
    console.error(error.message);
    process.exit(1);
  };
  try {
    const app = await start(fail);
    let closing = false;
    end = () => {
      if (closing) return;
      closing = true;
      void within(closeWithinMs, 'Not everything is closed', app.close()).then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error instanceof Error ? error.message : error);
          process.exit(1);
        },
      );
    };
  } catch (error) {
    process.exit(explain(error));
  }
}

/**
 * Tells the operator why a process ends: a sentence where that was foreseen, else the stack, and of an error no more than
 * that, for it may hold the values of a statement.
 * @param foreseen further errors whose message is a sentence for the operator
 * @returns its exit code
 */
export function explain(
  error: unknown,
  foreseen: readonly (abstract new (...args: never[]) => Error)[] = [],
): number {
  const isSentence = [ConfigError, DatabaseAwayError, ...foreseen].some(
    (known) => error instanceof known,
  );
  if (error instanceof Error) console.error(isSentence ? error.message : error.stack);
  else console.error(String(error));
  return error instanceof DatabaseAwayError ? error.exitCode : 1;
}
