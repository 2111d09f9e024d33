import { CongestionWindow } from './congestion-window';

const streams = 900;

/** A window with a clock: each span takes a second. */
function create() {
  const window = new CongestionWindow();
  let now = 0;
  return {
    window,
    width: () => window.of(streams),
    spans: (count: number, meanMs: number | (() => number), refused = 0, shortestMs?: number) => {
      for (let i = 0; i < count; i++) {
        const ms = typeof meanMs === 'number' ? meanMs : meanMs();
        const span = { meanMs: ms, shortestMs: shortestMs ?? ms, refused, underWay: 0 };
        window.heed(span, (now += 1_000));
      }
    },
  };
}

describe('the congestion window', () => {
  it('is all that the connections take, at first and while nothing is wrong', () => {
    const { width, spans } = create();
    expect(width()).toBe(900);
    spans(20, 50);
    expect(width()).toBe(900);
  });

  it('narrows by half when the gateway refuses everything, and stays wide enough to learn more', () => {
    const { width, spans, window } = create();
    spans(1, 50, 1);
    expect(width()).toBe(450);
    spans(1, 50, 1);
    expect(width()).toBe(225);
    spans(20, 50, 1);
    expect(width()).toBe(16);
    expect(window.of(9)).toBe(9);
  });

  it('narrows the more, the more of its answers refuse', () => {
    const { width, spans } = create();
    spans(1, 50, 0.5);
    expect(width()).toBe(675);
  });

  it('does not heed a few refusals, which are about devices', () => {
    const { width, spans } = create();
    spans(20, 50, 0.1);
    expect(width()).toBe(900);
  });

  it('grows back once the gateway is well', () => {
    const { width, spans } = create();
    spans(20, 50, 1);
    let last = width();
    for (let i = 0; i < 16; i++) {
      spans(1, 50);
      expect(width()).toBeGreaterThan(last);
      last = width();
    }
    expect(last).toBe(900);
  });

  it('narrows until the requests at a gateway that can do no more need not wait long', () => {
    const { width, spans } = create();
    spans(5, 50);
    const perMs = 0.9;
    const roundTrip = () => Math.max(50, width() / perMs);
    spans(50, roundTrip);
    // Patience ends at 300 ms; with all 900 under way it would be a second.
    expect(roundTrip()).toBeGreaterThan(150);
    expect(roundTrip()).toBeLessThan(450);
  });

  it('does not narrow for a gateway that is slow by itself', () => {
    const { width, spans } = create();
    spans(5, 50);
    spans(1, 1_000);
    expect(width()).toBeLessThan(900);
    spans(20, 1_000);
    expect(width()).toBe(900);
  });

  it('is steady while the round trip is about the usual one and nothing narrows it', () => {
    const { window, spans } = create();
    spans(1, 50);
    expect(window.steady).toBe(true);
    spans(1, 70);
    expect(window.steady).toBe(true);
    spans(1, 80);
    expect(window.steady).toBe(false);
    spans(1, 50, 1);
    expect(window.steady).toBe(false);
  });

  it('is not steady when round trips were never usual, as one of them was far shorter', () => {
    const { window, spans } = create();
    spans(2, 8, 0, 1);
    expect(window.steady).toBe(false);
    spans(2, 8, 0, 3);
    expect(window.steady).toBe(false);
  });

  it('takes a round trip for the usual one when for ten minutes none was shorter', () => {
    const { window, spans } = create();
    spans(1, 50);
    spans(599, 150);
    expect(window.steady).toBe(false);
    spans(5, 150);
    expect(window.steady).toBe(true);
  });
});
