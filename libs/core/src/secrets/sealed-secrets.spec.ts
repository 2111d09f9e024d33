import { randomBytes } from 'node:crypto';
import { SealedSecrets, SecretUnreadableError } from './sealed-secrets';

const context = 'apns-credential:1';

describe('a sealed secret', () => {
  const key = randomBytes(32);
  const secrets = new SealedSecrets(key);

  it.each([
    ['an empty text', ''],
    ['text in several scripts', 'clé 鍵 🔑'],
    ['a text of 1 MB', 'x'.repeat(1_000_000)],
  ])('opens again: %s', (_, plaintext) => {
    const sealed = secrets.seal(plaintext, context);
    expect(secrets.open(sealed, context) === plaintext).toBe(true);
  });

  it('names its version and key, and never looks the same twice', () => {
    const sealed = secrets.seal('secret', context);
    expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]{30}$/);
    expect(secrets.seal('secret', context)).not.toBe(sealed);
  });

  it('does not open in another context', () => {
    const sealed = secrets.seal('secret', context);
    expect(() => secrets.open(sealed, 'apns-credential:2')).toThrow(SecretUnreadableError);
  });

  it.each([0, 1, 2, 3])('does not open when part %i was altered', (part) => {
    const parts = secrets.seal('some secret text', context).split('.');
    const text = parts[part] ?? '';
    for (let position = 0; position < text.length; position++) {
      const altered = text[position] === '0' ? '1' : '0';
      const forged = parts.with(part, text.slice(0, position) + altered + text.slice(position + 1));
      expect(() => secrets.open(forged.join('.'), context)).toThrow(SecretUnreadableError);
    }
  });

  it.each(['', 'v1', 'v1.00000000..', '….….….…', 'plain text', 'v1.a.b.c.d'])(
    'refuses what is no sealed text: %p',
    (text) => {
      expect(() => secrets.open(text, context)).toThrow(SecretUnreadableError);
    },
  );

  it('does not open when it was cut short or carries more', () => {
    const sealed = secrets.seal('secret', context);
    for (const forged of [sealed.slice(0, -1), `${sealed}=`, `${sealed}.x`, `${sealed} `])
      expect(() => secrets.open(forged, context)).toThrow(SecretUnreadableError);
  });

  it('is refused with a stable code and without its content', () => {
    const sealed = secrets.seal('hush', context);
    const open = () => new SealedSecrets(randomBytes(32)).open(sealed, context);
    expect(new SecretUnreadableError(context, 'why')).toMatchObject({
      kind: 'unavailable',
      code: 'SECRET_UNREADABLE',
    });
    expect(open).toThrow(SecretUnreadableError);
    expect(open).not.toThrow(/apns-credential/); // anybody may see it
    const reasonOf = () => {
      try {
        return open();
      } catch (error) {
        return (error as SecretUnreadableError).reason;
      }
    };
    expect(reasonOf()).toMatch(/"apns-credential:1".*MASTER_KEY/);
    expect(open).not.toThrow(/hush/);
    expect(open).not.toThrow(sealed);
  });
});

describe('rotation of the master key', () => {
  const before = randomBytes(32);
  const after = randomBytes(32);
  const old = new SealedSecrets(before).seal('secret', context);
  const rotated = new SealedSecrets(after, before);

  it('opens what the previous key sealed and asks to seal it again', () => {
    expect(rotated.open(old, context)).toBe('secret');
    expect(rotated.needsReseal(old)).toBe(true);
  });

  it('opens what any of several previous keys sealed', () => {
    const latest = new SealedSecrets(randomBytes(32), after, before);
    expect(latest.open(old, context)).toBe('secret');
    expect(latest.open(rotated.seal('newer', context), context)).toBe('newer');
  });

  it('seals with the new key', () => {
    const sealed = rotated.seal('secret', context);
    expect(rotated.needsReseal(sealed)).toBe(false);
    expect(new SealedSecrets(after).open(sealed, context)).toBe('secret');
  });

  it('refuses a key of the wrong length', () => {
    expect(() => new SealedSecrets(randomBytes(31))).toThrow('32 bytes');
    expect(() => new SealedSecrets(after, randomBytes(16))).toThrow('32 bytes');
  });
});
