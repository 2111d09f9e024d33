import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { AbortedUploadError, SlowUploadError, StalledUploadError } from './upload.errors';
import type { UploadLimits } from './upload-limits';

/** The bytes parsed in one go, before other requests have their turn. */
const pieceBytes = 16_384;

/** What an uploader is held to. */
export type UploadPace = Pick<
  UploadLimits,
  'stallTimeoutMs' | 'leastBytesPerSecond' | 'rateWindowMs'
>;

/**
 * Reads the body as it comes, no faster than it is asked for. The request survives whatever ends this early, so that it
 * can be answered; `discardRest` rids it of what still comes.
 * @param signal aborts the reading; its reason is thrown
 * @throws StalledUploadError, SlowUploadError, AbortedUploadError
 */
export async function* requestBytes(
  request: IncomingMessage,
  pace: UploadPace,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const rate = new UploadRate(pace);
  for (;;) {
    signal.throwIfAborted();
    const chunk = request.read() as Buffer | null;
    if (chunk !== null) {
      rate.count(chunk.length);
      yield* pieces(chunk);
    } else if (request.readableEnded) return;
    else if (request.destroyed) throw new AbortedUploadError();
    else {
      const since = performance.now();
      await readable(request, pace.stallTimeoutMs, signal);
      rate.waited(performance.now() - since);
    }
  }
}

/** Knows how fast an uploader sends. Only the time counts in which he is waited for: that we are slow is not his fault. */
class UploadRate {
  private bytes = 0;
  private ms = 0;

  constructor(private readonly pace: UploadPace) {}

  count(bytes: number): void {
    this.bytes += bytes;
  }

  /** @throws SlowUploadError */
  waited(ms: number): void {
    const { leastBytesPerSecond, rateWindowMs } = this.pace;
    this.ms += ms;
    if (this.ms < rateWindowMs) return;
    if (this.bytes < (leastBytesPerSecond * this.ms) / 1000) {
      throw new SlowUploadError(leastBytesPerSecond);
    }
    [this.bytes, this.ms] = [0, 0];
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
