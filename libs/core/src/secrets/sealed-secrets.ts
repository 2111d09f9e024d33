import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../domain/errors';

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** How many characters of a sealed text tell its key: `v1.`, eight hexadecimal digits and a dot. */
export const sealPrefixLength = 12;

/**
 * A secret can't be opened. Its message may reach anybody and says no more than that; the reason, for the log, says which
 * and why in general, never what it held.
 */
export class SecretUnreadableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'SECRET_UNREADABLE';

  readonly reason: string;

  constructor(context: string, reason: string, options?: ErrorOptions) {
    super('A stored secret cannot be read; the log of the server says which.', options);
    this.reason = `"${context}": ${reason}`;
  }
}

interface MasterKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/**
 * Seals secrets at rest: AES-256-GCM under the master key, as `v1.<key id>.<nonce>.<ciphertext and tag>` in base64url.
 * The context, e.g. `apns-credential:1`, is authenticated too, so that a sealed text cannot be moved to another row.
 */
export class SealedSecrets {
  private readonly current: MasterKey;
  private readonly known: readonly MasterKey[];

  /** @param previous keys that open what was sealed before rotations, and seal nothing. Keys have 32 bytes. */
  constructor(masterKey: Buffer, ...previous: readonly Buffer[]) {
    this.current = identify(masterKey);
    this.known = [this.current, ...previous.map(identify)];
  }

  seal(plaintext: string, context: string): string {
    const { id, bytes } = this.current;
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, bytes, nonce, { authTagLength: tagBytes });
    sealing.setAAD(Buffer.from(context));
    const text = Buffer.concat([sealing.update(plaintext, 'utf8'), sealing.final()]);
    const body = Buffer.concat([text, sealing.getAuthTag()]);
    return ['v1', id, nonce.toString('base64url'), body.toString('base64url')].join('.');
  }

  /** @throws SecretUnreadableError when the key is not ours, the text was altered, or the context is another. */
  open(sealed: string, context: string): string {
    const [version, id, nonceText = '', bodyText = '', ...rest] = sealed.split('.');
    const nonce = decode(nonceText);
    const body = decode(bodyText);
    const wellFormed =
      nonce?.length === nonceBytes && body !== undefined && body.length >= tagBytes;
    if (version !== 'v1' || rest.length > 0 || !wellFormed)
      throw new SecretUnreadableError(context, 'it is not in the form v1.key.nonce.text');
    const key = this.known.find((candidate) => candidate.id === id);
    if (key === undefined)
      throw new SecretUnreadableError(
        context,
        'neither MASTER_KEY nor one of MASTER_KEY_PREVIOUS is the key that sealed it',
      );
    try {
      const opening = createDecipheriv(cipher, key.bytes, nonce, { authTagLength: tagBytes });
      opening.setAAD(Buffer.from(context));
      opening.setAuthTag(body.subarray(-tagBytes));
      const text = Buffer.concat([opening.update(body.subarray(0, -tagBytes)), opening.final()]);
      return text.toString('utf8');
    } catch (cause) {
      throw new SecretUnreadableError(context, 'it was altered or belongs to another record', {
        cause,
      });
    }
  }

  /** Tells whether a text was sealed with one of our keys. */
  knows(sealed: string): boolean {
    return this.known.some(({ id }) => sealed.startsWith(`v1.${id}.`));
  }

  /** Tells whether a text was sealed with another key than the present one, so that a rotation is not complete. */
  needsReseal(sealed: string): boolean {
    return !sealed.startsWith(this.presentPrefix);
  }

  /** How every text begins that the present key sealed. */
  get presentPrefix(): string {
    return `v1.${this.current.id}.`;
  }
}

function identify(bytes: Buffer): MasterKey {
  if (bytes.length !== keyBytes)
    throw new RangeError(`A master key has ${keyBytes} bytes, not ${bytes.length}.`);
  const id = createHash('sha256').update('carillon master key id\0').update(bytes).digest('hex');
  return { id: id.slice(0, 8), bytes };
}

/** Decodes strictly: Node's own decoder skips unknown characters, and would read many texts as one secret. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
