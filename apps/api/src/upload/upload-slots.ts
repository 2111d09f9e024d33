import { Injectable } from '@nestjs/common';
import { ServerStoppingError, TooManyUploadsError } from './upload.errors';
import { UploadLimits } from './upload-limits';

export interface UploadSlot {
  /** Is aborted when the server stops. */
  readonly signal: AbortSignal;
  free(): void;
}

/**
 * Limits the uploads under way in this process, those of one caller to a part of them, and lets in none after its end.
 */
@Injectable()
export class UploadSlots {
  private readonly stopping = new AbortController();
  private taken = 0;
  private readonly takenBy = new Map<string, number>();
  private readonly whenFree: (() => void)[] = [];

  constructor(private readonly limits: UploadLimits) {}

  /** @param caller as of `Actor` @throws TooManyUploadsError, ServerStoppingError */
  take(caller: string): UploadSlot {
    const { signal } = this.stopping;
    const { uploads, uploadsOfCaller, retryAfterSeconds } = this.limits;
    if (signal.aborted) throw new ServerStoppingError();
    const own = this.takenBy.get(caller) ?? 0;
    if (own >= uploadsOfCaller) throw new TooManyUploadsError(own, retryAfterSeconds, 'of yours ');
    if (this.taken >= uploads) throw new TooManyUploadsError(uploads, retryAfterSeconds);
    this.taken++;
    this.takenBy.set(caller, own + 1);
    return {
      signal,
      free: () => {
        this.taken--;
        const left = (this.takenBy.get(caller) ?? 1) - 1;
        if (left > 0) this.takenBy.set(caller, left);
        else this.takenBy.delete(caller);
        if (this.taken === 0) for (const resolve of this.whenFree.splice(0)) resolve();
      },
    };
  }

  /**
   * Ends all uploads, each after the part that it is storing. Call it before the application is closed: Apollo waits
   * for what is under way, and then cuts it off.
   */
  async close(): Promise<void> {
    this.stopping.abort(new ServerStoppingError());
    if (this.taken === 0) return;
    await new Promise<void>((resolve) => this.whenFree.push(resolve));
  }
}
