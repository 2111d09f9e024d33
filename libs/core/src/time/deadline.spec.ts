import { DeadlineError, within } from './deadline';

const never = new Promise<never>(() => undefined);

describe('what is waited for at most so long', () => {
  it('is what it would be, if it comes in time', async () => {
    expect(await within(60_000, 'the queue', Promise.resolve('an answer'))).toBe('an answer');
    const failed = within(60_000, 'the queue', Promise.reject(new Error('refused')));
    await expect(failed).rejects.toThrow('refused');
  });

  it('is an error that names it, if it does not', async () => {
    const late = within(1, 'the queue', never);
    await expect(late).rejects.toThrow(new DeadlineError('the queue', 1));
    await expect(late).rejects.toThrow('the queue: no answer within 1 ms');
  });

  it('may fail later without anybody being told', async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<never>((_, reject) => (fail = reject));
    await expect(within(1, 'the queue', late)).rejects.toThrow(DeadlineError);
    const unhandled = jest.fn();
    process.once('unhandledRejection', unhandled);
    fail(new Error('refused'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
