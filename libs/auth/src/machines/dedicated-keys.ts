import { holdName } from '@app/core';
import { createPublicKey } from 'node:crypto';
import { fingerprintOf, type KeyOwner, SigningKeys } from '@app/keys';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { KeyNotDedicatedError } from './owned-keys.errors';

/** An SQL condition: the account's key is or was shown to log in. A period that is over counts, for it may be renewed. */
const isShown = (account: string) =>
  `(${account}.login_mode = 'legacy_public_key' OR ${account}.legacy_until > now())`;

interface Holders {
  readonly isShown: boolean;
  readonly isShared: boolean;
  readonly isShownElsewhere: boolean;
}

/**
 * Guards keys that log in by being shown, of service accounts in the mode legacy_public_key or in a period before its
 * end. Such a key is no secret where somebody else has it too, and our JWKS shows our own signing keys to everybody.
 */
@Injectable()
export class DedicatedKeys {
  constructor(private readonly signingKeys: SigningKeys) {}

  /**
   * Refuses a key that logs in by being shown and that somebody else has. Ask before a key is stored, and for every key
   * of an account after its mode is; others who ask for this key wait until the transaction ends.
   * @throws KeyNotDedicatedError
   */
  async assert(owner: KeyOwner, fingerprint: string, transaction: EntityManager): Promise<void> {
    const { keys } = await this.signingKeys.jwks();
    const ours = keys.map((jwk) => createPublicKey({ key: { ...jwk }, format: 'jwk' }));
    if (ours.some((key) => fingerprintOf(key) === fingerprint)) {
      throw new KeyNotDedicatedError('is one of our own signing keys');
    }
    await holdName(fingerprint, transaction);
    const [holders] = await transaction.query<[Holders]>(
      `SELECT count(*) > 0 AS "isShared",
         coalesce(bool_or(${isShown('a')}), false) AS "isShownElsewhere",
         EXISTS (SELECT FROM service_accounts b
                 WHERE $2 = 'service_account' AND b.id = $3 AND ${isShown('b')}) AS "isShown"
       FROM public_keys k
       LEFT JOIN service_accounts a ON k.owner_kind = 'service_account' AND a.id = k.owner_id
       WHERE k.fingerprint = $1 AND (k.owner_kind, k.owner_id) <> ($2, $3)`,
      [fingerprint, owner.kind, owner.id],
    );
    if (holders.isShown && holders.isShared) {
      throw new KeyNotDedicatedError(
        'is registered elsewhere; an account that logs in by showing it wants one of its own',
      );
    }
    if (holders.isShownElsewhere) {
      throw new KeyNotDedicatedError('belongs to a service account that logs in by showing it');
    }
  }
}
