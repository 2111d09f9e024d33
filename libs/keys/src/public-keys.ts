import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { Audit } from '@app/audit';
import { type Actor, Clock, constraintOf, freshFor, holdName, isUuid } from '@app/core';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager, In } from 'typeorm';
import { InvalidKeyError, KeyExistsError, KeyNotFoundError } from './keys.errors';
import { type KeyOwner, PublicKey } from './public-key.entity';
import { problemsOf, readPublicKey } from './read-public-key';

export interface PublicKeyInput {
  /** The key as a certificate (X.509), SPKI or PKCS#1, in PEM. */
  readonly publicKey: string;
  /** 1 to 128 printable ASCII characters without spaces; made of the fingerprint when absent. */
  readonly kid?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** The end of the key; for a certificate its own end at the latest. */
  readonly notAfter?: Date | undefined;
}

/** A key that may verify now: enabled and within its dates. */
export interface UsableKey {
  readonly id: string;
  readonly kid: string;
  readonly fingerprint: string;
  readonly algorithm: PublicKey['algorithm'];
  readonly key: KeyObject;
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
}

const keysPerOwner = 20;

/** How long keys are cached; a change by another process is seen after this time at the latest. */
const freshMs = 3_000;
const ownersRemembered = 10_000;

const noteUseEveryMs = 60_000;

/**
 * Stores public keys for their owners. Whether the actor may touch this owner's keys is the owner's service to say, in the
 * transaction that it gives; the audit trail is written here.
 */
@Injectable()
export class PublicKeys implements OnApplicationShutdown {
  private readonly logger = new Logger(PublicKeys.name);
  /** Enabled keys by owner. Owners without keys are kept too, so that a stranger's guesses cost no statement each. */
  private readonly loaded: LRUCache<string, readonly UsableKey[]>;
  private readonly noted: LRUCache<string, true>;
  private readonly noting = new Set<Promise<void>>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {
    this.loaded = new LRUCache({
      max: ownersRemembered,
      ...freshFor(clock, freshMs),
      fetchMethod: (owner) => this.load(JSON.parse(owner) as KeyOwner),
      // A key that changes while it is loaded is loaded again; who asked before gets what was then.
      ignoreFetchAbort: true,
    });
    this.noted = new LRUCache({ max: ownersRemembered, ...freshFor(clock, noteUseEveryMs) });
  }

  /** @throws InvalidKeyError, KeyExistsError */
  async add(
    transaction: EntityManager,
    actor: Actor,
    owner: KeyOwner,
    input: PublicKeyInput,
  ): Promise<PublicKey> {
    const key = this.read(owner, input);
    // Else several that come at once would not see each other.
    await holdName(`public-keys:${owner.kind}:${owner.id}`, transaction);
    const { fingerprint } = key;
    // First, for the kid that is made of it is taken too.
    if (await transaction.existsBy(PublicKey, { ...ownedBy(owner), fingerprint })) {
      throw new KeyExistsError('publicKey wants another key: this one is registered already');
    }
    const many = await transaction.countBy(PublicKey, ownedBy(owner));
    if (many >= keysPerOwner) {
      throw new InvalidKeyError('publicKey', `wants room: ${keysPerOwner} keys are the most`);
    }
    await insert(transaction, key);
    await this.trace(transaction, actor, 'add', key);
    this.loaded.delete(cacheKey(owner));
    return key;
  }

  /** @throws KeyNotFoundError */
  async get(manager: EntityManager, id: string): Promise<PublicKey> {
    const key = isUuid(id) ? await manager.findOneBy(PublicKey, { id }) : null;
    if (key === null) throw new KeyNotFoundError(id);
    return key;
  }

  /** @throws KeyNotFoundError */
  async setEnabled(
    transaction: EntityManager,
    actor: Actor,
    id: string,
    enabled: boolean,
  ): Promise<PublicKey> {
    const key = await this.get(transaction, id);
    if (key.enabled !== enabled) {
      const { affected } = await transaction.update(PublicKey, { id: key.id }, { enabled });
      if (affected === 0) throw new KeyNotFoundError(id);
      await this.trace(transaction, actor, enabled ? 'enable' : 'disable', key);
    }
    this.loaded.delete(cacheKey(ownerOf(key)));
    return Object.assign(key, { enabled });
  }

  /** @returns what was removed. @throws KeyNotFoundError */
  async remove(transaction: EntityManager, actor: Actor, id: string): Promise<PublicKey> {
    const key = await this.get(transaction, id);
    const { affected } = await transaction.delete(PublicKey, { id: key.id });
    if (affected === 0) throw new KeyNotFoundError(id);
    await this.trace(transaction, actor, 'remove', key);
    this.loaded.delete(cacheKey(ownerOf(key)));
    return key;
  }

  /** When the owner goes. */
  async removeOf(transaction: EntityManager, owner: KeyOwner): Promise<void> {
    await transaction.delete(PublicKey, ownedBy(owner));
    this.loaded.delete(cacheKey(owner));
  }

  /** Lists the fingerprints of an owner's keys, in ascending order. */
  async fingerprintsOf(transaction: EntityManager, owner: KeyOwner): Promise<string[]> {
    const keys = await transaction.find(PublicKey, {
      select: { id: true, fingerprint: true },
      where: ownedBy(owner),
      order: { fingerprint: 'ASC' },
    });
    return keys.map(({ fingerprint }) => fingerprint);
  }

  /** Lists the keys of several owners of one kind, newest first. */
  async list(kind: KeyOwner['kind'], ownerIds: readonly string[]): Promise<PublicKey[]> {
    return this.dataSource.manager.find(PublicKey, {
      where: { ownerKind: kind, ownerId: In([...ownerIds]) },
      order: { createdAt: 'DESC', id: 'ASC' },
    });
  }

  /** Lists all owners of a key. */
  async ownersOf(fingerprint: string): Promise<KeyOwner[]> {
    return (await this.dataSource.manager.findBy(PublicKey, { fingerprint })).map(ownerOf);
  }

  /** Returns usable keys, newest first, with no statement while they are fresh; any process sees a change within 5 s. */
  async usable(owner: KeyOwner): Promise<readonly UsableKey[]> {
    const keys = (await this.loaded.fetch(cacheKey(owner))) ?? [];
    const now = this.clock.now();
    const inDate = ({ notBefore, notAfter }: UsableKey) =>
      (notBefore === undefined || notBefore <= now) && (notAfter === undefined || notAfter > now);
    return keys.every(inDate) ? keys : keys.filter(inDate);
  }

  /** Notes that a key was used, at most once a minute, without making the caller wait. */
  used(id: string): void {
    if (this.noted.has(id)) return;
    this.noted.set(id, true);
    const noting = this.dataSource
      .query('UPDATE public_keys SET last_used_at = now() WHERE id = $1', [id])
      .then(
        () => undefined,
        (error: unknown) => {
          this.logger.warn(`The use of key ${id} was not noted: ${String(error)}`);
        },
      )
      .finally(() => this.noting.delete(noting));
    this.noting.add(noting);
  }

  /** Waits for the last notes, while the database is still open. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.noting);
  }

  private read(owner: KeyOwner, input: PublicKeyInput): PublicKey {
    const now = this.clock.now();
    const read = readPublicKey(input.publicKey, 'publicKey', now);
    const kid = input.kid ?? read.fingerprint.slice(0, 16);
    if (!/^[\x21-\x7e]{1,128}$/.test(kid)) {
      throw new InvalidKeyError('kid', 'wants 1 to 128 printable ASCII characters without spaces');
    }
    const description = (input.description ?? '').trim();
    if (description.length > 200 || /[\p{Cc}\p{Surrogate}]/u.test(description)) {
      throw new InvalidKeyError('description', 'wants one line of at most 200 characters');
    }
    const notAfter = earlier(read.notAfter, input.notAfter);
    // An invalid date is not in the future either.
    if (input.notAfter !== undefined && !(input.notAfter > now)) {
      throw new InvalidKeyError('notAfter', 'wants a time in the future');
    }
    return Object.assign(new PublicKey(), {
      id: randomUUID(),
      ownerKind: owner.kind,
      ownerId: owner.id,
      kid,
      description,
      algorithm: 'RS256' as const,
      source: read.source,
      publicKey: read.publicKey,
      fingerprint: read.fingerprint,
      notBefore: read.notBefore ?? null,
      notAfter: notAfter ?? null,
      enabled: input.enabled ?? true,
      createdAt: now,
      lastUsedAt: null,
    });
  }

  private async load(owner: KeyOwner): Promise<readonly UsableKey[]> {
    const stored = await this.dataSource.manager.find(PublicKey, {
      where: { ...ownedBy(owner), enabled: true },
      order: { createdAt: 'DESC', id: 'ASC' },
    });
    return stored.flatMap((key) => this.open(key) ?? []);
  }

  /** Reads a stored key; one that got into the table past our checks verifies nothing. */
  private open(stored: PublicKey): UsableKey | undefined {
    const { id, kid, fingerprint, algorithm, publicKey } = stored;
    try {
      const key = createPublicKey(publicKey);
      for (const problem of problemsOf(key, {}, this.clock.now())) throw new Error(problem);
      const notBefore = stored.notBefore ?? undefined;
      const notAfter = stored.notAfter ?? undefined;
      return { id, kid, fingerprint, algorithm, key, notBefore, notAfter };
    } catch (error) {
      this.logger.warn(`Key ${id} is not usable: ${String(error)}`);
      return undefined;
    }
  }

  private trace(
    transaction: EntityManager,
    actor: Actor,
    verb: 'add' | 'enable' | 'disable' | 'remove',
    { id, ownerKind, ownerId, kid, fingerprint }: PublicKey,
  ): Promise<void> {
    const facts = { owner: `${ownerKind}:${ownerId}`, kid, fingerprint };
    return this.audit.record(
      actor,
      {
        action: `key.${verb}`,
        target: `key:${id}`,
        ...(ownerKind === 'application' && { applicationId: Number(ownerId) }),
        ...(verb === 'remove' ? { before: facts } : { after: facts }),
      },
      transaction,
    );
  }
}

const cacheKey = ({ kind, id }: KeyOwner) => JSON.stringify({ kind, id });

const ownedBy = ({ kind, id }: KeyOwner) => ({ ownerKind: kind, ownerId: id });

const ownerOf = ({ ownerKind, ownerId }: PublicKey): KeyOwner => ({ kind: ownerKind, id: ownerId });

function earlier(one: Date | undefined, other: Date | undefined): Date | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}

async function insert(manager: EntityManager, key: PublicKey): Promise<void> {
  try {
    await manager.insert(PublicKey, key);
  } catch (error) {
    if (constraintOf(error) === 'public_keys_owner_kid_key') {
      throw new KeyExistsError(`kid wants another name: there is a key ${key.kid}`);
    }
    throw error;
  }
}
