import { keptUntilStored } from './kept-until-stored';
import { Stopping } from './stopping';

const failure = (code: string) => Object.assign(new Error(code), { code });

describe('what is kept until it is stored', () => {
  let stopping: Stopping;
  let tries: number;

  beforeEach(() => {
    stopping = new Stopping();
    tries = 0;
  });

  /** Stores, but fails so often by these errors first. */
  const after = (...errors: readonly Error[]) => {
    const left = [...errors];
    return () => {
      tries++;
      const error = left.shift();
      return error === undefined ? Promise.resolve('stored') : Promise.reject(error);
    };
  };
  const always = (error: Error) => () => {
    tries++;
    return Promise.reject(error);
  };

  it.each(['22003', '23514', '42P01', 'P0001', 'ERR_INVALID_ARG_TYPE'])(
    'is tried once where it is refused for good by %s',
    async (code) => {
      const refused = always(failure(code));
      const kept = keptUntilStored(refused, { stopping, isWorthwhile: () => true });
      await expect(kept).rejects.toThrow(code);
      expect(tries).toBe(1);
    },
  );

  it('is tried again after whatever error by who says so', async () => {
    const kept = keptUntilStored(after(failure('P0001')), {
      stopping,
      isWorthwhile: () => false,
      mayPass: () => true,
    });
    expect(await kept).toBe('stored');
  });

  it.each(['40P01', '40001', '53100', '57014', '57P01', 'ECONNREFUSED'])(
    'is tried again after %s',
    async (code) => {
      const failed: string[] = [];
      const kept = keptUntilStored(after(failure(code), failure(code)), {
        stopping,
        isWorthwhile: () => false,
        failed: () => failed.push(code),
      });
      expect(await kept).toBe('stored');
      expect(tries).toBe(3);
      expect(failed).toHaveLength(2);
    },
  );

  it('is given up after a while where the database is there', async () => {
    const kept = keptUntilStored(always(failure('40P01')), {
      stopping,
      isWorthwhile: () => true,
      patienceMs: 0,
    });
    await expect(kept).rejects.toThrow('40P01');
    expect(tries).toBe(1);
  });

  it('is kept as long as it is worthwhile where the database is away', async () => {
    const kept = keptUntilStored(always(failure('ECONNREFUSED')), {
      stopping,
      isWorthwhile: () => tries < 4,
      patienceMs: 0,
    });
    await expect(kept).rejects.toThrow('ECONNREFUSED');
    expect(tries).toBe(4);
  });

  it('is kept a while only once its process ends', async () => {
    stopping.begin();
    expect(stopping.signal.aborted).toBe(true);
    jest.spyOn(stopping, 'isOver', 'get').mockImplementation(() => tries > 2);
    const kept = keptUntilStored(always(failure('ECONNREFUSED')), {
      stopping,
      isWorthwhile: () => true,
    });
    await expect(kept).rejects.toThrow('ECONNREFUSED');
    expect(tries).toBe(3);
  });
});
