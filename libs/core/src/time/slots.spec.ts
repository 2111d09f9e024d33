import { Slots } from './slots';

describe('slots', () => {
  let capacity: number;
  let slots: Slots;
  let got: string[];

  beforeEach(() => {
    capacity = 2;
    got = [];
    slots = new Slots(() => capacity);
  });

  const want = (name: string) => {
    const wait = slots.take();
    if (wait === undefined) got.push(name);
    else void wait.then(() => got.push(name));
  };
  /** Lets the promises run. */
  const settled = () => new Promise(setImmediate);

  it('are given until they are used up, then in the order of asking', async () => {
    for (const name of ['a', 'b', 'c', 'd']) want(name);
    expect(got).toEqual(['a', 'b']);
    slots.free();
    await settled();
    expect(got).toEqual(['a', 'b', 'c']);
    slots.free();
    await settled();
    expect(got).toEqual(['a', 'b', 'c', 'd']);
  });

  it('grow with the window', async () => {
    for (const name of ['a', 'b', 'c', 'd']) want(name);
    capacity = 4;
    slots.free();
    await settled();
    expect(got).toEqual(['a', 'b', 'c', 'd']);
  });

  it('shrink with the window: what is out comes back first', async () => {
    for (const name of ['a', 'b', 'c']) want(name);
    capacity = 1;
    slots.free();
    await settled();
    expect(got).toEqual(['a', 'b']);
    slots.free();
    await settled();
    expect(got).toEqual(['a', 'b', 'c']);
  });

  it('let nobody pass who comes later', async () => {
    for (const name of ['a', 'b', 'c']) want(name);
    capacity = 10;
    want('d');
    expect(got).toEqual(['a', 'b']);
    slots.free();
    await settled();
    expect(got).toEqual(['a', 'b', 'c', 'd']);
  });
});
