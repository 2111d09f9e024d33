import { Carillon } from '@app/testing/harness';
import { Assertions } from './assertions';

const inMs = (ms: number) => new Date(Date.now() + ms);

describe('what may be used once', () => {
  let carillon: Carillon;
  let assertions: Assertions;

  beforeAll(async () => {
    carillon = await Carillon.start();
    assertions = carillon.get(Assertions);
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE used_assertions'));

  it('is used once by each issuer, of any number at once', async () => {
    const use = (issuer: string) => assertions.use(issuer, 'nonce1234', inMs(60_000));
    const all = await Promise.all(Array.from({ length: 8 }, () => use('client:crm')));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(await use('client:erp')).toBe(true);
    expect(await use('client:crm')).toBe(false);
  });

  it('may be used again after its end, by one of any number', async () => {
    await assertions.use('client:crm', 'old', inMs(-1_000));
    const use = () => assertions.use('client:crm', 'old', inMs(60_000));
    const all = await Promise.all(Array.from({ length: 8 }, use));
    expect(all.filter(Boolean)).toHaveLength(1);
  });

  it('is forgotten after its end, and not before', async () => {
    await assertions.use('client:crm', 'old', inMs(-1_000));
    await assertions.use('client:crm', 'new', inMs(60_000));
    expect(await assertions.forgetExpired()).toBe(1);
    expect(await carillon.sql('SELECT jti FROM used_assertions')).toEqual([{ jti: 'new' }]);
  });

  it.each([
    { what: 'an empty name', jti: '' },
    { what: 'a long name', jti: 'j'.repeat(256) },
    { what: 'a name with NUL', jti: 'j\0' },
  ])('has no $what', async ({ jti }) => {
    const used = assertions.use('client:crm', jti, inMs(60_000));
    await expect(used).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  });
});
