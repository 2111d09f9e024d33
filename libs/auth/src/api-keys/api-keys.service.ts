import { randomUUID } from 'node:crypto';
import { ApplicationsService, ApplicationStore } from '@app/applications';
import { Audit, type AuditInput, differences, pick } from '@app/audit';
import {
  Actor,
  Clock,
  inTransaction,
  isUuid,
  type Page,
  type PageRequest,
  readPage,
} from '@app/core';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { demandPowers, reachedIn, reaches } from '../access/grantable';
import { checkExpiry } from '../machines/client-checks';
import { type BoundMachineChanges, checkSettings } from '../machines/machine-settings';
import { InvalidClientError } from '../machines/oauth-clients.errors';
import { followRemovals } from '../machines/removed-applications';
import { ApiKeySecret } from './api-key-secret.entity';
import { type ApiKeyTraces, isApiKey, newApiKey, tracesOf } from './api-key-text';
import { ApiKey } from './api-key.entity';
import { ApiKeyEndedError, ApiKeyNotFoundError, TooManySecretsError } from './api-keys.errors';

export interface ApiKeyInput extends BoundMachineChanges {
  readonly name: string;
  readonly scopes: readonly string[];
}

export interface ApiKeyFilter {
  /** Keeps the keys that are neither revoked nor past their end, or those that are. */
  readonly active?: boolean | undefined;
  /** Keeps the keys that end before then. */
  readonly expiresBefore?: Date | undefined;
}

/** A key with a secret that was made for it, and is nowhere else. */
export interface NewSecret {
  readonly apiKey: ApiKey;
  readonly secret: string;
}

/** The place of a key in the list of keys. */
export type ApiKeyPosition = Pick<ApiKey, 'name' | 'id'>;

/** The settings of a key that may be changed, and are told in the audit trail. */
const settings = ['name', 'scopes', 'applicationIds', 'allowedIps', 'expiresAt'] as const;
type Settings = Pick<ApiKey, (typeof settings)[number]>;

/** The most secrets of a key that are good at once. */
const mostSecrets = 5;

/** The longest time, in seconds, for which a secret works beside the one that takes its place. */
const longestOverlapSeconds = 2_678_400;

/** Manages API keys, for those who may do all that the key may. */
@Injectable()
export class ApiKeysService implements OnModuleInit {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly applicationStore: ApplicationStore,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  onModuleInit(): void {
    followRemovals(this.applications, 'api_keys');
  }

  /** @throws InvalidClientError, ForbiddenError */
  async create(actor: Actor, input: ApiKeyInput): Promise<NewSecret> {
    const { expiresAt = null } = input;
    checkExpiry(expiresAt, this.clock.now());
    const secret = newApiKey();
    return { apiKey: await this.store(actor, input, tracesOf(secret)), secret };
  }

  /**
   * Stores a key of which only the hash is known, or changes the one that has it. One that has ended may be stored, and
   * what an operator has revoked stays so.
   * @throws InvalidClientError, ForbiddenError
   */
  async ensure(actor: Actor, traces: ApiKeyTraces, input: ApiKeyInput): Promise<void> {
    actor.demandSomewhere('clients:write');
    const known = await this.manager.findOneBy(ApiKeySecret, { hash: traces.hash });
    if (known === null) await this.store(actor, input, traces);
    else await this.change(actor, known.apiKeyId, input);
  }

  /** @throws ApiKeyNotFoundError, ForbiddenError */
  async get(actor: Actor, id: string): Promise<ApiKey> {
    actor.demandSomewhere('clients:read');
    const apiKey = isUuid(id) ? await this.manager.findOneBy(ApiKey, { id }) : null;
    if (apiKey === null || !reaches(actor, apiKey)) throw new ApiKeyNotFoundError(id);
    return apiKey;
  }

  /** Lists by name the keys whose applications the actor reaches. @throws ForbiddenError */
  async list(
    actor: Actor,
    { active, expiresBefore }: ApiKeyFilter,
    { after, ...page }: PageRequest<ApiKeyPosition>,
  ): Promise<Page<ApiKey>> {
    actor.demandSomewhere('clients:read');
    const query = this.manager
      .createQueryBuilder(ApiKey, 'key')
      .where(reachedIn('key'), { reach: actor.applicationIds ?? null });
    if (after !== undefined) query.andWhere('(key.name, key.id) > (:name, :id)', after);
    if (active !== undefined) {
      query.andWhere(`(${isActive}) = :active`, { active, now: this.clock.now() });
    }
    if (expiresBefore !== undefined) {
      query.andWhere('key.expiresAt < :expiresBefore', { expiresBefore });
    }
    query.orderBy('key.name').addOrderBy('key.id');
    return readPage(page, (limit) => query.take(limit).getMany());
  }

  /** Lists the secrets of several keys, newest first; the actor has seen the keys. */
  async secretsOf(ids: readonly string[]): Promise<ApiKeySecret[]> {
    return this.manager.find(ApiKeySecret, {
      where: { apiKeyId: In([...ids]) },
      order: { createdAt: 'DESC', hash: 'ASC' },
    });
  }

  /** @throws ApiKeyNotFoundError, ApiKeyEndedError when it was revoked, InvalidClientError, ForbiddenError */
  async update(actor: Actor, id: string, changes: BoundMachineChanges): Promise<ApiKey> {
    actor.demandSomewhere('clients:write');
    if (changes.expiresAt !== undefined) checkExpiry(changes.expiresAt, this.clock.now());
    const apiKey = await this.change(actor, id, changes);
    if (apiKey.revokedAt !== null) throw new ApiKeyEndedError('The API key was revoked');
    return apiKey;
  }

  /**
   * Gives a key another secret.
   * @param keepPreviousSeconds how long those before stay good, if they don't end sooner
   * @throws ApiKeyNotFoundError, ApiKeyEndedError, TooManySecretsError, InvalidClientError, ForbiddenError
   */
  async rotate(actor: Actor, id: string, keepPreviousSeconds: number): Promise<NewSecret> {
    actor.demandSomewhere('clients:write');
    checkOverlap(keepPreviousSeconds);
    return this.manager.transaction(async (transaction) => {
      const apiKey = await lock(actor, id, transaction);
      const now = this.clock.now();
      assertGood(apiKey, now);
      const previousUntil = new Date(now.getTime() + keepPreviousSeconds * 1000);
      await transaction.query(
        `UPDATE api_key_secrets SET ends_at = $2 WHERE api_key_id = $1 AND (ends_at IS NULL OR ends_at > $2)`,
        [id, previousUntil],
      );
      const [{ good }] = await transaction.query<[{ good: number }]>(
        'SELECT count(*)::int AS good FROM api_key_secrets WHERE api_key_id = $1 AND ends_at > $2',
        [id, now],
      );
      if (good >= mostSecrets) throw new TooManySecretsError(mostSecrets);
      const secret = newApiKey();
      const { hash, prefix } = tracesOf(secret);
      await transaction.insert(ApiKeySecret, { hash, prefix, apiKeyId: id, createdAt: now });
      await this.record(actor, 'rotate', id, { after: { prefix, previousUntil } }, transaction);
      return { apiKey, secret };
    });
  }

  /** Ends a key with all its secrets, for ever. @returns it; the same again changes nothing. @throws ApiKeyNotFoundError, ForbiddenError */
  async revoke(actor: Actor, id: string): Promise<ApiKey> {
    actor.demandSomewhere('clients:write');
    return this.manager.transaction(async (transaction) => {
      const apiKey = await lock(actor, id, transaction);
      if (apiKey.revokedAt !== null) return apiKey;
      apiKey.revokedAt = apiKey.updatedAt = this.clock.now();
      await transaction.save(apiKey);
      await this.record(actor, 'revoke', id, { before: pick(apiKey, settings) }, transaction);
      return apiKey;
    });
  }

  /** Ends a secret for whoever holds it (RFC 7009). A text that is no secret of ours, or an ended one, is no error. */
  async surrender(secret: string, address: string | undefined): Promise<void> {
    if (!isApiKey(secret)) return;
    const { hash, prefix } = tracesOf(secret);
    await this.manager.transaction(async (transaction) => {
      const [[ended]] = await transaction.query<[{ id: string }[]]>(
        `UPDATE api_key_secrets SET ends_at = $2 WHERE hash = $1 AND (ends_at IS NULL OR ends_at > $2)
         RETURNING api_key_id AS id`,
        [hash, this.clock.now()],
      );
      if (ended === undefined) return;
      const holder = new Actor({ kind: 'api_key', id: ended.id, address });
      await this.record(holder, 'surrender', ended.id, { before: { prefix } }, transaction);
    });
  }

  private async store(actor: Actor, input: ApiKeyInput, traces: ApiKeyTraces): Promise<ApiKey> {
    actor.demandSomewhere('clients:write');
    return this.manager.transaction(async (transaction) => {
      const now = this.clock.now();
      const apiKey = transaction.create(ApiKey, {
        id: randomUUID(),
        applicationIds: null,
        allowedIps: null,
        expiresAt: null,
        revokedAt: null,
        createdAt: now,
        updatedAt: now,
        ...(await this.checked(actor, input, transaction)),
      });
      demandPowers(actor, apiKey);
      await transaction.insert(ApiKey, apiKey);
      const { hash, prefix } = traces;
      await transaction.insert(ApiKeySecret, { hash, prefix, apiKeyId: apiKey.id, createdAt: now });
      const after = { ...pick(apiKey, settings), prefix };
      await this.record(actor, 'create', apiKey.id, { after }, transaction);
      return apiKey;
    });
  }

  /** Changes a key; one that was revoked stays as it is. */
  private async change(actor: Actor, id: string, changes: BoundMachineChanges): Promise<ApiKey> {
    return this.manager.transaction(async (transaction) => {
      const apiKey = await lock(actor, id, transaction);
      if (apiKey.revokedAt !== null) return apiKey;
      const before = pick(apiKey, settings);
      Object.assign(apiKey, await this.checked(actor, changes, transaction));
      demandPowers(actor, apiKey);
      const states = differences(before, apiKey, settings);
      if (states === undefined) return apiKey;
      apiKey.updatedAt = this.clock.now();
      await transaction.save(apiKey);
      await this.record(actor, 'update', id, states, transaction);
      return apiKey;
    });
  }

  /** @throws InvalidClientError, ApplicationNotFoundError */
  private async checked(
    actor: Actor,
    changes: BoundMachineChanges,
    manager: EntityManager,
  ): Promise<Partial<Settings>> {
    const { expiresAt } = changes;
    return {
      ...(await checkSettings(actor, changes, this.applicationStore, manager)),
      ...(expiresAt !== undefined && { expiresAt }),
    };
  }

  private async record(
    actor: Actor,
    verb: string,
    id: string,
    states: Pick<AuditInput, 'before' | 'after'>,
    manager: EntityManager,
  ): Promise<void> {
    const event = { action: `api_key.${verb}`, target: `api_key:${id}`, ...states };
    await this.audit.record(actor, event, manager);
  }
}

const isActive = 'key.revokedAt IS NULL AND (key.expiresAt IS NULL OR key.expiresAt > :now)';

/** Finds a key and keeps others from changing it until the transaction ends. @throws ApiKeyNotFoundError, ForbiddenError */
async function lock(actor: Actor, id: string, manager: EntityManager): Promise<ApiKey> {
  const apiKey = isUuid(id)
    ? await manager.findOne(ApiKey, { where: { id }, lock: { mode: 'pessimistic_write' } })
    : null;
  if (apiKey === null || !reaches(actor, apiKey)) throw new ApiKeyNotFoundError(id);
  demandPowers(actor, apiKey);
  return apiKey;
}

/** @throws ApiKeyEndedError */
function assertGood({ revokedAt, expiresAt }: ApiKey, now: Date): void {
  if (revokedAt !== null) throw new ApiKeyEndedError('The API key was revoked');
  if (expiresAt === null || expiresAt > now) return;
  throw new ApiKeyEndedError('The API key has expired: give it another expiresAt first');
}

/** @throws InvalidClientError */
function checkOverlap(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= longestOverlapSeconds) return;
  throw new InvalidClientError(
    'keepPreviousSeconds',
    `wants a whole number from 0 to ${longestOverlapSeconds}`,
  );
}
