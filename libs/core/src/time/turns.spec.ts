import { Turns } from './turns';

describe('loops that work in turns', () => {
  const busy = (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  };

  it('go on at once while the turn lasts', () => {
    const turns = new Turns(10_000);
    expect(turns.next()).toBeUndefined();
    expect(turns.next()).toBeUndefined();
  });

  it('let everything else happen when it is over, and one loop after the other go on', async () => {
    const turns = new Turns(1);
    const happened: string[] = [];
    const rounds = new Set<number>();
    let round = 0;
    let isOver = false;
    const count = () => {
      round++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const loop = async (name: string) => {
      for (let step = 0; step < 3; step++) {
        const turn = turns.next();
        if (turn !== undefined) await turn;
        happened.push(name);
        rounds.add(round);
        busy(2);
      }
    };
    await Promise.all([loop('a'), loop('b')]);
    isOver = true;
    expect(happened).toEqual(['a', 'a', 'b', 'a', 'b', 'b']);
    expect(rounds.size).toBe(happened.length);
  });

  it('go on while the turn lasts that they have waited for, whoever waits for the next one', async () => {
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const turns = new Turns(5);
    void turns.next();
    now = 5;
    const [first, second] = [turns.next(), turns.next()];
    let isSecondOn = false;
    void second?.then(() => {
      isSecondOn = true;
    });
    await first;
    expect(turns.next()).toBeUndefined();
    expect(turns.next()).toBeUndefined();
    expect(isSecondOn).toBe(false);
    now = 10;
    expect(turns.next()).toBeInstanceOf(Promise);
    clock.mockRestore();
  });

  it('have a new turn when the process did something else meanwhile', async () => {
    const turns = new Turns(1);
    expect(turns.next()).toBeUndefined();
    await new Promise(setImmediate);
    expect(turns.next()).toBeUndefined();
  });
});
