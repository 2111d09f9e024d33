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

  it('have a new turn when the process did something else meanwhile', async () => {
    const turns = new Turns(1);
    expect(turns.next()).toBeUndefined();
    await new Promise(setImmediate);
    expect(turns.next()).toBeUndefined();
  });
});
