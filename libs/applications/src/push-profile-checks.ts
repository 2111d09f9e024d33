import { type TimestampUnit, timestampUnits } from './push-profile.entity';
import { InvalidPushProfileError } from './push-profiles.errors';

/** The settings of a push profile. An absent one has its default on a new profile, and stays as it is on another. */
export interface PushProfileInput {
  /** 1 to 64 letters, digits, `.`, `_` and `-`. The tokens of its sessions hold it, hence no other characters. */
  readonly apiSpaceId: string;
  readonly issuer: string;
  readonly audience: string;
  /** A secret imported from Dotdigital, as its UTF-8 text; one is made when absent. */
  readonly sharedSecret?: string | undefined;
  readonly idClaim?: string | undefined;
  readonly timestampUnit?: TimestampUnit | undefined;
  readonly sessionSeconds?: number | undefined;
  /** Whether messages to an e-mail reach a user who says himself that it is his. Default true, as in Dotdigital. */
  readonly linksEmail?: boolean | undefined;
}

export const apiSpaceForm = /^[0-9A-Za-z._-]{1,64}$/;

/** The least bytes of a secret. RFC 7518 §3.2: an HS256 key has at least the size of the hash. Newer libraries refuse less. */
const leastSecretBytes = 32;
const shortestSession = 60;
const longestSession = 31 * 86_400;

/** @throws InvalidPushProfileError */
export function checkPushProfile(input: PushProfileInput): void {
  if (!apiSpaceForm.test(input.apiSpaceId)) {
    refuse('apiSpaceId', 'wants 1 to 64 letters, digits, dots, underscores and hyphens');
  }
  for (const field of ['issuer', 'audience', 'idClaim'] as const) {
    const text = input[field];
    if (text !== undefined && !/^[^\p{Cc}\p{Cs}]{1,255}$/u.test(text)) {
      refuse(field, 'wants 1 to 255 characters, no control characters');
    }
  }
  const { sharedSecret, timestampUnit, sessionSeconds } = input;
  if (sharedSecret !== undefined) checkSharedSecret(sharedSecret);
  if (timestampUnit !== undefined && !timestampUnits.includes(timestampUnit)) {
    refuse('timestampUnit', `wants one of ${timestampUnits.join(', ')}`);
  }
  if (sessionSeconds !== undefined && !isWhole(sessionSeconds, shortestSession, longestSession)) {
    refuse('sessionSeconds', `wants a whole number from ${shortestSession} to ${longestSession}`);
  }
}

/** @throws InvalidPushProfileError, without a word of the secret */
export function checkSharedSecret(secret: string): void {
  if (!/^[^\0\p{Cs}]{1,1024}$/u.test(secret)) {
    refuse('sharedSecret', 'wants 1 to 1024 characters, no NUL');
  }
}

/** @throws InvalidPushProfileError */
export function checkKeptSeconds(seconds: number): void {
  if (!isWhole(seconds, 0, longestSession)) {
    refuse('keepPreviousSeconds', `wants a whole number from 0 to ${longestSession}`);
  }
}

/** Says what to tell whoever imports a secret; undefined when nothing is wrong with it. */
export function secretWarning(secret: string): string | undefined {
  const bytes = Buffer.byteLength(secret);
  return bytes < leastSecretBytes
    ? `The shared secret has ${bytes} bytes. HS256 wants at least ${leastSecretBytes} (RFC 7518), and newer JWT libraries refuse less: rotate it.`
    : undefined;
}

const isWhole = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

function refuse(field: string, wants: string): never {
  throw new InvalidPushProfileError(field, wants);
}
