import { hashSync } from '@node-rs/argon2';
import {
  assertPassword,
  assertPasswordHash,
  hashPassword,
  isOutdatedHash,
  isPassword,
} from './passwords';

const keys = Array.from({ length: 256 }, (_, n) =>
  String.fromCodePoint(0x1f300 + ((n * 97) % 256)),
).join('');

describe('a password', () => {
  it.each([
    { what: 'twelve characters', password: 'tide at noon' },
    { what: 'twelve characters outside of the basic plane', password: keys.slice(0, 24) },
    { what: '256 of them', password: keys },
    { what: 'words in another alphabet', password: 'прилив в полдень' },
    { what: 'a line of random letters', password: 'qf3zWk0vLm8sYt' },
  ])('may be $what', ({ password }) => {
    expect(() => {
      assertPassword(password, 'ann@example.com');
    }).not.toThrow();
  });

  it.each([
    { what: 'of eleven characters', password: 'abcdefghijk' },
    { what: 'of eleven characters, written with combining marks', password: 'e\u0301'.repeat(11) },
    { what: 'of eleven characters outside of the basic plane', password: '\u{1f511}'.repeat(11) },
    { what: 'of 257 characters', password: 'a'.repeat(257) },
    { what: 'with half a character', password: `abcdefghijkl\ud800` },
    { what: 'that is the e-mail', password: 'Ann@Example.com ' },
    { what: 'that is common', password: 'password1234' },
    { what: 'that is common, with letters that look like digits', password: 'P@ssw0rd12345' },
    { what: 'of a row of the alphabet', password: 'abcdefghijkl' },
    { what: 'of digits in their order', password: '123456789012' },
    { what: 'of a row of the keyboard', password: 'qwertyuiop[]' },
    { what: 'of one letter', password: 'aaaaaaaaaaaa' },
    { what: 'of one letter, the longest', password: 'a'.repeat(256) },
    { what: 'of blanks', password: ' '.repeat(12) },
    { what: 'that repeats a common one', password: 'letmeinletmein' },
    { what: 'with the e-mail in it', password: 'ann@example.com1' },
    { what: 'of our name', password: 'carilloncarillon' },
  ])('may not be one $what', ({ password }) => {
    expect(() => {
      assertPassword(password, 'ann@example.com', 'next');
    }).toThrow(expect.objectContaining({ code: 'INVALID_OPERATOR', field: 'next' }) as Error);
  });

  it('is known by its hash, however its letters are composed', async () => {
    const passwordHash = await hashPassword('caf\u00e9 au lait');
    expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await isPassword(passwordHash, 'cafe\u0301 au lait')).toBe(true);
    expect(await isPassword(passwordHash, 'cafe au lait')).toBe(false);
    expect(isOutdatedHash(passwordHash)).toBe(false);
  });

  it.each(['decoy', '', 'anything'])('is never %j where there is no operator', async (password) => {
    expect(await isPassword(undefined, password)).toBe(false);
  });
});

describe('a hash from elsewhere', () => {
  it('is taken when it is argon2id, and is to be renewed when its cost is not ours', () => {
    const passwordHash = hashSync('twelve letters', { memoryCost: 8_192, timeCost: 3 });
    expect(() => {
      assertPasswordHash(passwordHash);
    }).not.toThrow();
    expect(isOutdatedHash(passwordHash)).toBe(true);
  });

  it.each([
    { what: 'nothing', passwordHash: '' },
    { what: 'a password', passwordHash: 'correct horse battery staple' },
    { what: 'bcrypt', passwordHash: `$2b$12$${'a'.repeat(53)}` },
    { what: 'argon2d', passwordHash: hashSync('twelve letters').replace('argon2id', 'argon2d') },
    { what: 'half of one', passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$' },
    {
      what: 'one that takes 4 GiB',
      passwordHash: hashSync('twelve letters').replace('m=19456', 'm=4194304'),
    },
  ])('is refused when it is $what', ({ passwordHash }) => {
    expect(() => {
      assertPasswordHash(passwordHash);
    }).toThrow(
      expect.objectContaining({ code: 'INVALID_OPERATOR', field: 'passwordHash' }) as Error,
    );
  });
});
