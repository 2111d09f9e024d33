import { hash, parseOptions, verify } from '@node-rs/argon2';
import { isGuessable } from './guessable';
import { InvalidOperatorError } from './operators.errors';

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const current = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`;

/** The largest cost of a hash made elsewhere: more would let logins take the machine down. */
const maxMemoryKib = 262_144;
const maxPasses = 16;

const fewest = 12;
const most = 256;

/** The hash of a password that nobody has; made when it is first needed. */
let decoy: Promise<string> | undefined;

/**
 * Wants 12 to 256 characters, not the e-mail, and none that is guessed first. No rule asks for digits or signs (NIST SP
 * 800-63B §5.1.1.2).
 * @throws InvalidOperatorError that names `field`
 */
export function assertPassword(password: string, email: string, field = 'password'): void {
  const characters = Array.from(password.normalize('NFC')).length;
  if (characters < fewest || characters > most || /\p{Surrogate}/u.test(password)) {
    throw new InvalidOperatorError(field, `wants ${fewest} to ${most} characters`);
  }
  if (password.trim().toLowerCase() === email.trim().toLowerCase()) {
    throw new InvalidOperatorError(field, 'wants something else than the e-mail');
  }
  if (isGuessable(password, [email, ...email.split(/[@.]/), 'carillon'])) {
    const wants =
      'wants something that is harder to guess, such as four words that nobody else would put together';
    throw new InvalidOperatorError(field, wants);
  }
}

/** Checks a hash that was made elsewhere. @throws InvalidOperatorError */
export function assertPasswordHash(text: string): void {
  if (text.startsWith('$argon2id$')) {
    try {
      const { memoryCost, timeCost } = parseOptions(text);
      if (memoryCost <= maxMemoryKib && timeCost <= maxPasses) return;
    } catch {
      // An unreadable hash is refused below, as one that is too costly.
    }
  }
  throw new InvalidOperatorError(
    'passwordHash',
    `wants the text of an argon2id hash, $argon2id$..., of at most ${maxMemoryKib} KiB and ${maxPasses} passes`,
  );
}

/** Hashes a password in NFC, so that it is the same however the keyboard composes its letters. */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), cost);
}

/** @param passwordHash undefined where there is no such operator; checking then takes as long */
export async function isPassword(
  passwordHash: string | undefined,
  password: string,
): Promise<boolean> {
  decoy ??= hashPassword('decoy');
  const matches = await verify(passwordHash ?? (await decoy), password.normalize('NFC'));
  return matches && passwordHash !== undefined;
}

/** Tells whether a hash was made otherwise than we make them now. */
export function isOutdatedHash(passwordHash: string): boolean {
  return !passwordHash.startsWith(current);
}
