import { Latest } from './latest';

const done = { done: true, value: undefined };

describe('the latest of what is told', () => {
  it('is given to whoever waits, one by one', async () => {
    const latest = new Latest<number>(undefined, () => undefined);
    const waiting = [latest.next(), latest.next()];
    latest.tell(1);
    latest.tell(2);
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
    ]);
  });

  it('is all that those who were busy get', async () => {
    const latest = new Latest<number>(0, () => undefined);
    latest.tell(1);
    latest.tell(2);
    expect(await latest.next()).toEqual({ done: false, value: 2 });
  });

  it('is still given after the end', async () => {
    const latest = new Latest<number>(undefined, () => undefined);
    latest.tell(1);
    latest.end();
    expect(await latest.next()).toEqual({ done: false, value: 1 });
    expect(await latest.next()).toEqual(done);
  });

  it('is awaited no more once nobody wants it, which is said once', async () => {
    const onEnd = jest.fn();
    const latest = new Latest<number>(undefined, onEnd);
    const waiting = latest.next();
    expect(await latest.return()).toEqual(done);
    expect(await waiting).toEqual(done);
    latest.end();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });
});
