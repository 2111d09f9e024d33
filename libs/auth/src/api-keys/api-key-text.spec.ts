import { holdsApiKey, isApiKey, newApiKey, tracesOf, withoutApiKeys } from './api-key-text';

describe('an API key', () => {
  it('is of 45 letters and digits that no other has', () => {
    const keys = Array.from({ length: 500 }, newApiKey);
    expect(new Set(keys).size).toBe(500);
    for (const key of keys) expect(key).toMatch(/^ck_[0-9A-Za-z]{42}$/);
    // Each letter comes about 290 times; that one is missing has a chance of less than 10^-120.
    expect(new Set(keys.join('').replaceAll('ck_', '')).size).toBe(62);
  });

  it('is known by its checksum, which no change of one letter and no swap leaves right', () => {
    const key = newApiKey();
    expect(isApiKey(key)).toBe(true);
    for (let place = 3; place < key.length; place++) {
      const other = key[place] === 'x' ? 'y' : 'x';
      expect(isApiKey(key.slice(0, place) + other + key.slice(place + 1))).toBe(false);
      const [one = '', next = ''] = key.slice(place, place + 2);
      if (one === next || next === '') continue;
      expect(isApiKey(key.slice(0, place) + next + one + key.slice(place + 2))).toBe(false);
    }
  });

  it('is the same in every release', () => {
    // By another implementation of CRC-32: python3 -c 'import zlib; zlib.crc32(b"ck_" + b"0" * 36)'
    expect(isApiKey(`ck_${'0'.repeat(36)}2rhMku`)).toBe(true);
    expect(tracesOf('ck_abcdefghijkl')).toEqual({
      // printf ck_abcdefghijkl | sha256sum
      hash: 'f9449f6e81b809f093944e976653cb7c1062f1f9172e51cc8da9862ef76435cc',
      prefix: 'ck_abcdefgh',
    });
  });

  it.each([
    ['nothing', () => ''],
    ['its beginning', () => 'ck_'],
    ['cut', (key: string) => key.slice(0, -1)],
    ['longer', (key: string) => `${key}0`],
    ['after a space', (key: string) => ` ${key}`],
    ['before a line break', (key: string) => `${key}\n`],
    ['in capitals', (key: string) => key.toUpperCase()],
    ['of another kind', (key: string) => key.replace('ck_', 'sk_')],
    ['twice', (key: string) => key + key],
    ['a megabyte', () => `ck_${'a'.repeat(1_000_000)}`],
  ])('is none when it is %s', (_, spell) => {
    expect(isApiKey(spell(newApiKey()))).toBe(false);
  });

  it('is found in a text, and what only looks like one is not', () => {
    const key = newApiKey();
    expect(holdsApiKey(`{"data":{"secret":"${key}"}}`)).toBe(true);
    expect(holdsApiKey(`ck_ ck_${'0'.repeat(42)} ${key.slice(0, -1)}! ${key}`)).toBe(true);
    expect(holdsApiKey(`ck_ ck_${'0'.repeat(42)} ${key.slice(0, -1)}!`)).toBe(false);
    expect(withoutApiKeys(`${key}, ck_1`)).toBe(`${tracesOf(key).prefix}…, ck_1`);
  });
});
