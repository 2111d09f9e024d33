import { ProtocolError } from '../frames/protocol';

/** The frames that a peer may send for nothing at once, and again after each pause of `refillMs`. */
const budget = 10_000;
const refillMs = 10_000;
/** What each request adds: its updates of windows, resets, informational answers. */
const perRequest = 16;

/**
 * Ends a connection whose peer keeps us busy with frames that no request asks for: PING, SETTINGS, PRIORITY,
 * WINDOW_UPDATE, RST_STREAM, empty DATA, unknown ones. Each is cheap, and legal a thousand times a second.
 */
export class FloodGuard {
  private left = budget;
  private refilledAt = performance.now();

  earn(): void {
    if (this.left < budget) this.left += perRequest;
  }

  /** @throws ProtocolError */
  spend(): void {
    if (--this.left > 0) return;
    const now = performance.now();
    if (now - this.refilledAt < refillMs) {
      throw new ProtocolError('ENHANCE_YOUR_CALM', 'Too many frames that do nothing for a request');
    }
    this.refilledAt = now;
    this.left = budget;
  }
}
