import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type SealedColumn, SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface AuditKey {
  /** The key's thumbprint, RFC 7638. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

const sealContext = (kid: string) => `audit-key:${kid}`;

/** Where the private keys of the audit trail are sealed. */
export const auditKeySeals: readonly SealedColumn[] = [
  {
    table: 'audit_keys',
    column: 'private_key',
    key: ['kid'],
    contextOf: ({ kid }) => sealContext(String(kid)),
    batch: 100,
    isPassing: false,
  },
];

/**
 * Holds the keys that sign the audit trail: ES256, kept as long as the trail. A key is ours when its private half opens
 * with the master key: who can only write to the database can put no key of his own in its place.
 */
@Injectable()
export class AuditKeys {
  constructor(private readonly secrets: SealedSecrets) {}

  /** Returns the newest key, which is made on the first call. @param manager holds the trail's lock */
  async signer(manager: EntityManager): Promise<AuditKey> {
    const [newest] = await this.all(manager);
    if (newest !== undefined) return newest;
    const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
    const kid = thumbprintOf(privateKey);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await manager.query('INSERT INTO audit_keys (kid, private_key) VALUES ($1, $2)', [
      kid,
      this.secrets.seal(pem, sealContext(kid)),
    ]);
    return { kid, privateKey };
  }

  /** Returns the public halves of our keys by their kid. */
  async trusted(manager: EntityManager): Promise<ReadonlyMap<string, KeyObject>> {
    const keys = await this.all(manager);
    return new Map(keys.map(({ kid, privateKey }) => [kid, createPublicKey(privateKey)]));
  }

  /** The newest first; those that are not ours are left out. */
  private async all(manager: EntityManager): Promise<AuditKey[]> {
    const rows = await manager.query<{ kid: string; sealed: string }[]>(
      'SELECT kid, private_key AS sealed FROM audit_keys ORDER BY created_at DESC, kid',
    );
    return rows.flatMap(({ kid, sealed }) => {
      try {
        return [{ kid, privateKey: createPrivateKey(this.secrets.open(sealed, sealContext(kid))) }];
      } catch {
        return [];
      }
    });
  }
}

function thumbprintOf(key: KeyObject): string {
  const { crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const members = JSON.stringify({ crv, kty: 'EC', x, y });
  return createHash('sha256').update(members).digest('base64url');
}
