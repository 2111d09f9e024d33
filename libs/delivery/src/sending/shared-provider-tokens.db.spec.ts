import { randomBytes } from 'node:crypto';
import { SealedSecrets } from '@app/core';
import { DataSource } from 'typeorm';
import { Carillon } from '@app/testing/harness';
import { SharedProviderTokens } from './shared-provider-tokens';

const name = 'TEAMID1234/KEYID12345/fingerprint';
const hourMs = 3_600_000;

describe('the provider token that all processes share', () => {
  let carillon: Carillon;
  let minted: Date[];
  const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];

  beforeAll(async () => {
    carillon = await Carillon.start();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    minted = [];
    await carillon.sql('DELETE FROM provider_tokens');
  });

  it('is minted once, however many processes want it at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 10 }, () => obtain(oldKey)));
    expect(new Set(tokens)).toEqual(new Set(['token 1']));
  });

  it("is minted at the time of the database, and anew when it is too old by the database's clock", async () => {
    await obtain(oldKey);
    const [row] = await stored();
    expect(minted).toEqual([row?.minted_at]);
    await carillon.sql("UPDATE provider_tokens SET minted_at = now() - interval '59 minutes'");
    expect(await obtain(oldKey)).toBe('token 1');
    await carillon.sql("UPDATE provider_tokens SET minted_at = now() - interval '61 minutes'");
    expect(await obtain(oldKey)).toBe('token 2');
  });

  it('outlives a rotation of the master key, and from then on needs the new key only', async () => {
    await obtain(oldKey);
    const [before] = await stored();
    expect(await obtain(newKey, oldKey)).toBe('token 1');
    expect(await obtain(newKey)).toBe('token 1');
    expect(minted).toHaveLength(1);
    const [after] = await stored();
    expect(after?.minted_at).toEqual(before?.minted_at);
  });

  it('is minted anew when no key opens it', async () => {
    await obtain(oldKey);
    expect(await obtain(newKey)).toBe('token 2');
  });

  function obtain(key: Buffer, ...previous: Buffer[]): Promise<string> {
    const secrets = new SealedSecrets(key, ...previous);
    const tokens = new SharedProviderTokens(carillon.get(DataSource), secrets);
    return tokens.obtain(name, hourMs, (now) => Promise.resolve(`token ${minted.push(now)}`));
  }

  const stored = () => carillon.sql<{ minted_at: Date }>('SELECT minted_at FROM provider_tokens');
});
