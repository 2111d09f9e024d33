import { type Backend, planOf, type Strike } from './plan';

const backends: readonly Backend[] = ['postgres', 'redis'];
const seeds = Array.from({ length: 100 }, (_, seed) => seed);
const plans = seeds.map((seed) => planOf(seed, backends));
const strikes = plans.flatMap((plan) => plan.strikes);

describe('the plans of a hundred runs', () => {
  it('are what their seeds say, each time', () => {
    expect(seeds.map((seed) => planOf(seed, backends))).toEqual(plans);
    expect(new Set(plans.map((plan) => JSON.stringify({ ...plan, seed: 0 }))).size).toBe(100);
  });

  it('are half of them for each queue backend', () => {
    expect(plans.filter(({ backend }) => backend === 'redis')).toHaveLength(50);
  });

  it('strike every server in every way', () => {
    const named = (strike: Strike) =>
      'server' in strike ? `${strike.what} ${strike.server.replace(/-\d$/, '')}` : strike.what;
    expect([...new Set(strikes.map(named))].sort()).toEqual([
      'crash',
      'flush',
      'freeze api',
      'freeze gateways',
      'freeze postgres',
      'freeze redis',
      'freeze worker',
      'gateway',
      'kill api',
      'kill postgres',
      'kill redis',
      'kill worker',
      'stop api',
      'stop worker',
    ]);
  });

  it('have gateways that are slow, silent, refuse, and lose answers to what was shown', () => {
    const actions = strikes.flatMap((strike) =>
      strike.what === 'gateway' ? [strike.rule.action] : [],
    );
    expect([...new Set(actions.map(({ type }) => type))].sort()).toEqual([
      'answer',
      'destroy',
      'goaway',
      'latency',
      'refuse',
      'reset',
      'stall',
    ]);
    const shown = actions.filter((action) => 'shown' in action && action.shown === true);
    expect(shown.length).toBeGreaterThan(10);
  });

  it('have clocks that are ahead and behind', () => {
    const wrong = plans.flatMap(({ clocks }) => clocks).filter((minutes) => minutes !== 0);
    expect(wrong.some((minutes) => minutes > 0)).toBe(true);
    expect(wrong.some((minutes) => minutes < 0)).toBe(true);
  });

  it('strike no server that is not there', () => {
    for (const { backend, apis, clocks, strikes } of plans) {
      const servers = [
        ...Array.from({ length: apis }, (_, n) => `api-${n + 1}`),
        ...clocks.map((_, n) => `worker-${n + 1}`),
        ...['postgres', 'gateways', ...(backend === 'redis' ? ['redis'] : [])],
      ];
      for (const strike of strikes) {
        if ('server' in strike) expect(servers).toContain(strike.server);
      }
    }
  });
});
