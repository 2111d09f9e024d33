import { constants } from 'node:os';
import { ConfigError } from '../config/config';
import { DatabaseAwayError } from '../database/reachable';
import { within } from '../time/deadline';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** How long closing may take after the signal; what is still open is left behind. Kubernetes kills after 30 seconds. */
const closeWithinMs = 25_000;

/** What runs in a process until it is closed. */
export interface App {
  close(): Promise<void>;
}

/**
 * Runs an app: starts it, and closes it on SIGINT or SIGTERM, whatever is away meanwhile. A refused start ends with a
 * sentence for the operator, and code 1, or 69 when the database is away; only an unforeseen error shows a stack.
 * @param start gets a function to call when the app can't go on
 * @param withinMs replaces the time that closing may take
 */
export async function runProcess(
  start: (fail: (error: Error) => void) => Promise<App> | App,
  withinMs = closeWithinMs,
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
      void within(withinMs, 'Not everything is closed', app.close()).then(
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
 * Tells the operator why a process ends: a sentence where the error was foreseen, else its stack and no more of it, for
 * an error may hold the values of a statement.
 * @param foreseen further errors whose message is a sentence for the operator
 * @returns the exit code
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
