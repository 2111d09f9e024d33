import { RoundTrips, type Span } from './round-trips';

/** Notes answers at a steady rate, each to a request that was sent `roundTripMs` before. */
function steady(
  trips: RoundTrips,
  { from = 0, everyMs, roundTripMs }: { from?: number; everyMs: number; roundTripMs: number },
): { span: Span; at: number } {
  for (let now = from + roundTripMs; ; now += everyMs) {
    const span = trips.note(now - roundTripMs, now, false);
    if (span !== undefined) return { span, at: now };
  }
}

describe('round trips', () => {
  it('are told of with what is under way on average', () => {
    const trips = new RoundTrips();
    const first = steady(trips, { everyMs: 1, roundTripMs: 50 });
    expect(first.span.meanMs).toBe(50);
    const { span } = steady(trips, { from: first.at - 49, everyMs: 1, roundTripMs: 50 });
    expect(span).toEqual({ meanMs: 50, shortestMs: 50, underWay: 50, refused: 0 });
  });

  it('take as long as requests need for their way, and never less than a tenth of a second', () => {
    expect(steady(new RoundTrips(), { everyMs: 1, roundTripMs: 1 }).at).toBe(100);
    expect(steady(new RoundTrips(), { everyMs: 1, roundTripMs: 400 }).at).toBe(800);
  });

  it('take as long as it takes to have twenty of them', () => {
    expect(steady(new RoundTrips(), { everyMs: 100, roundTripMs: 10 }).at).toBe(10 + 19 * 100);
  });

  it('leave out of the mean what was sent before', () => {
    const trips = new RoundTrips();
    const { at } = steady(trips, { everyMs: 1, roundTripMs: 100 });
    for (let i = 1; i < 100; i++) trips.note(at + i - 100, at + i, false);
    expect(steady(trips, { from: at, everyMs: 1, roundTripMs: 10 }).span.meanMs).toBe(10);
  });

  it('leave out the time in which nothing was wanted', () => {
    const trips = new RoundTrips();
    const { at } = steady(trips, { everyMs: 1, roundTripMs: 50 });
    const { span } = steady(trips, { from: at + 3_600_000, everyMs: 1, roundTripMs: 50 });
    expect(span.underWay).toBeGreaterThan(25);
  });

  it('count the answers by which the gateway asked for less', () => {
    const trips = new RoundTrips();
    let span: Span | undefined;
    for (let now = 1; span === undefined; now++) span = trips.note(now - 1, now, now % 4 === 0);
    expect(span.refused).toBeCloseTo(0.25, 1);
  });
});
