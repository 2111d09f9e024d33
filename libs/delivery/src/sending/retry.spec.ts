import type { Fault } from '@app/push';
import { isExhausted, retryDelayMs } from './retry';

const fault = (changes: Partial<Fault> = {}): Fault => ({
  class: 'transport',
  reason: 'ConnectionLost',
  ...changes,
});

describe('the next attempt', () => {
  it.each([
    [0, 500, 1_000],
    [1, 1_000, 2_000],
    [5, 16_000, 32_000],
    [8, 128_000, 256_000],
    [9, 150_000, 300_000],
    [32_767, 150_000, 300_000],
  ])('after %d attempts waits %d to %d ms', (attempts, least, most) => {
    expect(retryDelayMs(fault(), attempts, 0)).toBe(least);
    expect(retryDelayMs(fault(), attempts, 1)).toBe(most);
  });

  it('waits longer for a device that got too much', () => {
    expect(retryDelayMs(fault({ class: 'device_rate' }), 0, 1)).toBe(30_000);
  });

  it('waits some seconds where an answer may be wrong', () => {
    expect(retryDelayMs(fault({ class: 'token', doubtful: true }), 0, 0)).toBe(4_000);
    expect(retryDelayMs(fault({ class: 'token', doubtful: true }), 0, 1)).toBe(8_000);
  });

  it('waits as long as the gateway asked, and up to a quarter longer', () => {
    expect(retryDelayMs(fault({ retryAfterMs: 8_000 }), 5, 0)).toBe(8_000);
    expect(retryDelayMs(fault({ retryAfterMs: 8_000 }), 5, 1)).toBe(10_000);
  });

  it.each([0, 1, 999])('waits a second where the gateway asked for %d ms', (retryAfterMs) => {
    expect(retryDelayMs(fault({ retryAfterMs }), 0, 0)).toBe(1_000);
  });

  it.each(['InternalServerError', 'INTERNAL', 'UNSPECIFIED_ERROR'])(
    'is the last after ten answers of %s',
    (reason) => {
      expect(isExhausted(fault({ reason }), 8)).toBe(false);
      expect(isExhausted(fault({ reason }), 9)).toBe(true);
    },
  );

  it('is never the last while no answer comes', () => {
    expect(isExhausted(fault(), 1_000)).toBe(false);
  });
});
