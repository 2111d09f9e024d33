import { ConnectionDemand } from './connection-demand';

const growMs = 500;
const surplusMs = 60_000;
const window = 900;

/** The connections to a gateway over time: one of them more or less whenever it is asked for. */
function create() {
  const demand = new ConnectionDemand(growMs, surplusMs);
  let now = 0;
  demand.opened(now);
  const state = { connections: 1 };
  return {
    state,
    /** @param perSecond what is wanted; what the streams allow is under way */
    run: (seconds: number, perSecond: number, roundTripMs: number) => {
      for (const end = now + seconds * 1_000; now < end; now += 100) {
        const streams = state.connections * window;
        const underWay = Math.min((perSecond * roundTripMs) / 1_000, streams * 0.9);
        const span = { underWay, meanMs: roundTripMs, shortestMs: roundTripMs, refused: 0 };
        if (perSecond > 0 && demand.heed(span, streams, state.connections, now)) {
          state.connections++;
          demand.opened(now);
        }
        if (demand.hasSurplus(state.connections, now)) state.connections--;
      }
    },
  };
}

describe('the demand for connections', () => {
  it.each([
    [10, 50, 1],
    [10_000, 50, 1],
    [40_000, 50, 4],
    [40_000, 10, 1],
    [9_500, 200, 4],
    [100_000, 1, 1],
  ])('is for %d sends per second at %d ms: %d', (perSecond, roundTripMs, connections) => {
    const { run, state } = create();
    run(30, perSecond, roundTripMs);
    expect(state.connections).toBe(connections);
  });

  it('asks for one at a time', () => {
    const { run, state } = create();
    run(0.9, 40_000, 50);
    expect(state.connections).toBe(2);
    run(0.5, 40_000, 50);
    expect(state.connections).toBe(3);
  });

  it('lets go of what is of no more use, one by one, after a while', () => {
    const { run, state } = create();
    run(10, 40_000, 50);
    expect(state.connections).toBe(4);
    run(59, 10, 50);
    expect(state.connections).toBe(4);
    run(1.2, 10, 50);
    expect(state.connections).toBe(3);
    run(10, 0, 50);
    expect(state.connections).toBe(1);
  });

  it('keeps what is needed now and then', () => {
    const { run, state } = create();
    for (let minute = 0; minute < 10; minute++) {
      run(5, 40_000, 50);
      run(50, 0, 50);
    }
    expect(state.connections).toBe(4);
  });
});
