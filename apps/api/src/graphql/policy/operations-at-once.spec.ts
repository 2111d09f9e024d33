import { Actor } from '@app/core';
import { OperationsAtOnce } from './operations-at-once';

const ann = new Actor({ kind: 'client', id: 'ann' });
const ben = new Actor({ kind: 'client', id: 'ben' });
const near = (address: string) => new Actor({ kind: 'anonymous', id: '', address });

/** Begins so many operations. @returns what ends those that run */
async function begun(operations: OperationsAtOnce, actor: Actor, times: number) {
  const ends: (() => void)[] = [];
  for (let n = 0; n < times; n += 1) void operations.begin(actor).then((end) => ends.push(end));
  await new Promise(setImmediate);
  return ends;
}

describe('operations of one caller at once', () => {
  it('are eight, and the others wait for their turn', async () => {
    const operations = new OperationsAtOnce();
    const ends = await begun(operations, ann, 20);
    expect(ends).toHaveLength(8);
    ends[0]?.();
    ends[1]?.();
    await new Promise(setImmediate);
    expect(ends).toHaveLength(10);
    for (let n = 2; n < 20; n += 1) {
      ends[n]?.();
      await new Promise(setImmediate);
    }
    expect(ends).toHaveLength(20);
    expect(await begun(operations, ann, 9)).toHaveLength(8);
  });

  it('hold up nobody else', async () => {
    const operations = new OperationsAtOnce();
    await begun(operations, ann, 100);
    expect(await begun(operations, ben, 8)).toHaveLength(8);
  });

  it('are refused where too many wait', async () => {
    const operations = new OperationsAtOnce();
    await begun(operations, ann, 208);
    await expect(operations.begin(ann)).rejects.toMatchObject({
      originalError: { code: 'TOO_MANY_OPERATIONS' },
      extensions: { http: { status: 429 } },
    });
  });

  it('are those of an address block where nobody has said who he is', async () => {
    const operations = new OperationsAtOnce();
    await begun(operations, near('2001:db8::1'), 8);
    expect(await begun(operations, near('2001:db8::2'), 1)).toHaveLength(0);
    expect(await begun(operations, near('198.51.100.7'), 1)).toHaveLength(1);
  });
});
