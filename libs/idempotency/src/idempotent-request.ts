import { createHash } from 'node:crypto';
import type { Actor } from '@app/core';
import { InvalidIdempotencyKeyError } from './idempotency.errors';

export const idempotencyHeader = 'idempotency-key';

/** A request that its caller may repeat without repeating its effect. */
export interface IdempotentRequest {
  /** The owner of the key; the same key of another caller is another key. */
  readonly caller: string;
  readonly key: string;
  /** Identifies what is asked for, and the rights with which. */
  readonly fingerprint: string;
}

/**
 * @param key the header's value
 * @param parts all that tells this request from another
 * @returns undefined where there is no key, or nobody whose key it could be: anonymous callers are not told apart
 * @throws InvalidIdempotencyKeyError
 */
export function idempotentRequest(
  actor: Actor,
  key: string | string[] | undefined,
  parts: readonly (string | Buffer)[],
): IdempotentRequest | undefined {
  if (key === undefined || actor.id === '') return undefined;
  if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new InvalidIdempotencyKeyError();
  }
  const { caller, permissions, applicationIds } = actor;
  // Who has lost a right must not read the answer that he got with it.
  const rights = JSON.stringify([[...permissions].sort(), applicationIds ?? null]);
  return { caller, key, fingerprint: digest([rights, ...parts]) };
}

function digest(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\0`).update(part);
  return hash.digest('base64url');
}
