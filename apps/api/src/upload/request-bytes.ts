import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { AbortedUploadError, StalledUploadError } from './upload.errors';

/** The bytes parsed in one go, before other requests have their turn. */
const pieceBytes = 16_384;

/**
 * Reads the body as it comes, no faster than it is asked for. The request survives whatever ends this early, so that it
 * can be answered; `discardRest` rids it of what still comes.
 * @param signal aborts the reading; its reason is thrown
 * @throws StalledUploadError, AbortedUploadError
 */
export async function* requestBytes(
  request: IncomingMessage,
  stallTimeoutMs: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (;;) {
    signal.throwIfAborted();
    const chunk = request.read() as Buffer | null;
    if (chunk !== null) yield* pieces(chunk);
    else if (request.readableEnded) return;
    else if (request.destroyed) throw new AbortedUploadError();
    else await readable(request, stallTimeoutMs, signal);
  }
}

async function* pieces(chunk: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < chunk.length; from += pieceBytes) {
    if (from > 0) await setImmediate();
    yield chunk.subarray(from, from + pieceBytes);
  }
}

/** Waits until there is something to read, or the end. */
async function readable(
  request: IncomingMessage,
  stallTimeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const waiting = new AbortController();
  const stop = () => {
    waiting.abort();
  };
  const timer = setTimeout(stop, stallTimeoutMs);
  signal.addEventListener('abort', stop);
  try {
    await Promise.race([
      once(request, 'readable', { signal: waiting.signal }),
      once(request, 'end', { signal: waiting.signal }),
      once(request, 'close', { signal: waiting.signal }),
    ]);
  } catch {
    signal.throwIfAborted();
    throw waiting.signal.aborted
      ? new StalledUploadError(stallTimeoutMs)
      : new AbortedUploadError();
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    stop(); // takes the other listeners away
  }
}

/** Lets the client send on in vain for a while: one that is cut off at once does not read why. */
export function discardRest(request: IncomingMessage, timeoutMs: number): void {
  if (request.readableEnded || request.destroyed) return;
  const timer = setTimeout(() => {
    request.destroy();
  }, timeoutMs).unref();
  request.once('close', () => {
    clearTimeout(timer);
  });
  request.on('error', () => undefined).resume();
}
