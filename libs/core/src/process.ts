import { ConfigError } from './config';

/**
 * The main of every app: starts it, and closes it on SIGINT or SIGTERM. A refused start ends with code 1 and a sentence
 * for the operator; only what we did not foresee shows a stack.
 * @param start is given what to call when the app can't go on
 */
export async function runProcess(
  start: (fail: (error: Error) => void) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  const fail = (error: Error): void => {
    console.error(error.message);
    process.exit(1);
  };
  let closing = false;
  try {
    const app = await start(fail);
    const close = (): void => {
      if (closing) return;
      closing = true;
      void app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    };
    process.on('SIGINT', close).on('SIGTERM', close);
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exit(1);
  }
}
