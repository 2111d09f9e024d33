/** The answer did not come in time. It may still come. */
export class DeadlineError extends Error {
  constructor(what: string, afterMs: number) {
    super(`${what}: no answer within ${afterMs} ms`);
    this.name = 'DeadlineError';
  }
}

/**
 * Waits for a promise at most `afterMs`. A late one is not stopped; if it fails, nobody is told.
 * @param what names it in the error
 * @throws DeadlineError
 */
export async function within<Value>(
  afterMs: number,
  what: string,
  promise: Promise<Value>,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(what, afterMs));
    }, afterMs);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
