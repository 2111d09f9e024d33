import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Clock } from '@app/core';
import type { PublicKey } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull, MoreThan } from 'typeorm';
import { RefreshToken } from './refresh-token.entity';

export interface FamilyInput {
  readonly familyId: string;
  readonly serviceAccountId: string;
  /** The key that proved the login. */
  readonly keyId: string;
  /** The end of the family, where it is less than 90 days away. */
  readonly until: Date | undefined;
}

/** A token's family and its place in it. */
type Member = Pick<
  RefreshToken,
  'familyId' | 'serviceAccountId' | 'keyId' | 'generation' | 'absoluteExpiresAt'
>;

const dayMs = 86_400_000;
const idleMs = 30 * dayMs;
const absoluteMs = 90 * dayMs;

/** How long a used token still works: PaymentsGate's clients use one token at once, without waiting (trap 11). */
const graceMs = 10_000;

/**
 * Logins kept per account, for a client that logs in for each of its requests and never refreshes. One that was revoked is
 * kept while access tokens may live that it ended.
 */
const keptLogins = 1_000;

/** Stores refresh tokens: each is good once, and its second use ends the family (RFC 9700 §4.14.2). */
@Injectable()
export class RefreshFamilies {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Starts a new family. @returns the text of its first token, which is stored nowhere */
  async start({ until, ...login }: FamilyInput, manager: EntityManager): Promise<string> {
    const now = this.clock.now();
    const absoluteExpiresAt = earlier(new Date(now.getTime() + absoluteMs), until);
    const first = { ...login, generation: 0, absoluteExpiresAt };
    return this.insert(randomUUID(), first, now, manager);
  }

  /** @returns undefined when the token is not known */
  async find(text: string): Promise<RefreshToken | undefined> {
    const found = await this.dataSource.manager.findOneBy(RefreshToken, { hash: hashOf(text) });
    return found ?? undefined;
  }

  /** One statement decides who comes first. @returns the next token, or undefined when this one is good no more */
  async rotate(token: RefreshToken, manager: EntityManager): Promise<string | undefined> {
    const now = this.clock.now();
    const successorId = randomUUID();
    const { affected } = await manager.update(
      RefreshToken,
      { id: token.id, usedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(now) },
      { usedAt: now, successorId },
    );
    const { familyId, serviceAccountId, keyId, absoluteExpiresAt } = token;
    const generation = token.generation + 1;
    const next = { familyId, serviceAccountId, keyId, absoluteExpiresAt, generation };
    if (affected === 1) return this.insert(successorId, next, now, manager);
    // The text of the successor is not stored, so who comes second gets a sibling of it.
    if (await isInGrace(token.id, now, manager)) {
      return this.insert(randomUUID(), next, now, manager);
    }
    return undefined;
  }

  async revoke(familyId: string, manager: EntityManager): Promise<boolean> {
    const { affected } = await manager.update(
      RefreshToken,
      { familyId, revokedAt: IsNull() },
      { revokedAt: this.clock.now() },
    );
    return affected !== 0;
  }

  async revokeAllOf(serviceAccountId: string, manager: EntityManager): Promise<void> {
    const revokedAt = this.clock.now();
    await manager.update(RefreshToken, { serviceAccountId, revokedAt: IsNull() }, { revokedAt });
  }

  /** Ends the families whose login this key proved. */
  async revokeAllBy(
    { id: keyId, ownerId: serviceAccountId }: Pick<PublicKey, 'id' | 'ownerId'>,
    manager: EntityManager,
  ): Promise<void> {
    const revokedAt = this.clock.now();
    const tokens = { serviceAccountId, keyId, revokedAt: IsNull() };
    await manager.update(RefreshToken, tokens, { revokedAt });
  }

  /** Removes ended tokens, on a schedule, by the database's clock: a worker's own may be wrong. @returns how many */
  async forgetExpired(): Promise<number> {
    const [, expired] = await this.dataSource.query<[unknown, number]>(
      'DELETE FROM refresh_tokens WHERE expires_at <= now()',
    );
    const [, surplus] = await this.dataSource.query<[unknown, number]>(
      `DELETE FROM refresh_tokens WHERE id IN (
         SELECT id FROM (
           SELECT id, row_number() OVER (PARTITION BY service_account_id ORDER BY created_at DESC) AS place
           FROM refresh_tokens WHERE generation = 0 AND used_at IS NULL
             AND (revoked_at IS NULL OR revoked_at < now() - interval '2 hours')) AS unused
         WHERE place > $1)`,
      [keptLogins],
    );
    return expired + surplus;
  }

  private async insert(
    id: string,
    member: Member,
    now: Date,
    manager: EntityManager,
  ): Promise<string> {
    const text = randomBytes(32).toString('base64url');
    await manager.insert(RefreshToken, {
      ...member,
      id,
      hash: hashOf(text),
      createdAt: now,
      expiresAt: earlier(new Date(now.getTime() + idleMs), member.absoluteExpiresAt),
    });
    return text;
  }
}

/** Tells whether a used token still works: only the immediate predecessor of an unused one does, and only for a moment. */
async function isInGrace(id: string, now: Date, manager: EntityManager): Promise<boolean> {
  const token = await manager.findOneBy(RefreshToken, {
    id,
    usedAt: MoreThan(new Date(now.getTime() - graceMs)),
    revokedAt: IsNull(),
    expiresAt: MoreThan(now),
  });
  if (!token?.successorId) return false;
  return manager.existsBy(RefreshToken, {
    id: token.successorId,
    usedAt: IsNull(),
    revokedAt: IsNull(),
  });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @param other absent stands for never */
export function earlier(one: Date, other: Date | undefined): Date {
  return other !== undefined && other < one ? other : one;
}
