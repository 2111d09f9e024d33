import { Actor, AddressList, Clock, freshFor, type Permission } from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { reaches } from '../access/grantable';
import { InvalidTokenError } from '../proof/auth.errors';
import { isApiKey, tracesOf } from './api-key-text';
import { ApiKeyUses } from './api-key-uses';

/** What a key tells of itself. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly scopes: readonly Permission[];
  readonly endsAt: Date | undefined;
}

/** What a secret is good for. */
interface KnownSecret {
  readonly hash: string;
  readonly id: string;
  readonly prefix: string;
  readonly scopes: readonly Permission[];
  readonly applicationIds: readonly number[] | undefined;
  /** The only addresses from which it works. */
  readonly addresses: AddressList | undefined;
  readonly isRevoked: boolean;
  /** The end of the key, or of this secret of it; milliseconds since 1970. */
  readonly endsAtMs: number;
}

interface Row {
  readonly hash: string;
  readonly id: string;
  readonly prefix: string;
  readonly scopes: readonly Permission[];
  readonly application_ids: readonly number[] | null;
  readonly allowed_ips: readonly string[] | null;
  readonly revoked_at: Date | null;
  readonly expires_at: Date | null;
  readonly ends_at: Date | null;
}

/** How long a secret is cached: a change has to take effect everywhere within 5 s. */
const freshMs = 3_000;
const secretsRemembered = 10_000;

const find = `
  SELECT s.hash, k.id, s.prefix, k.scopes, k.application_ids, k.allowed_ips, k.revoked_at, k.expires_at, s.ends_at
  FROM api_key_secrets s JOIN api_keys k ON k.id = s.api_key_id WHERE s.hash = $1`;

/** Finds the holders of API keys. */
@Injectable()
export class ApiKeyCallers {
  /** By hash, and so without the secrets themselves; unknown ones too, so that a machine that shows a bad one costs little. */
  private readonly known: LRUCache<string, KnownSecret | 'unknown'>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly uses: ApiKeyUses,
    private readonly clock: Clock,
  ) {
    this.known = new LRUCache({
      max: secretsRemembered,
      ...freshFor(clock, freshMs),
      // Else whoever waits for an entry that is pushed out would get an error.
      ignoreFetchAbort: true,
      fetchMethod: (hash) => this.read(hash),
    });
  }

  /**
   * Returns who shows a key, as it was at most 3 s ago; its ends are looked at each time.
   * @param address where the request came from, as `callerAddress` reads it
   * @throws InvalidTokenError
   */
  async actorOf(key: string, address: string | undefined): Promise<Actor> {
    const { hash, id, prefix, scopes, applicationIds, addresses } = await this.goodOne(key);
    if (addresses !== undefined && (address === undefined || !addresses.has(address))) {
      throw new InvalidTokenError(`The API key ${prefix} is used from an address that it forbids`);
    }
    this.uses.note(hash, prefix, address);
    return new Actor({ kind: 'api_key', id, permissions: scopes, applicationIds, address });
  }

  /**
   * Answers an introspection.
   * @param asker whose applications the key's have to be among (RFC 7662 §2.2); who holds the key needs none
   * @returns what the key is good for now, from its own address; undefined where it is good for nothing
   */
  async inspect(key: string, asker?: Actor): Promise<ApiKeyFacts | undefined> {
    try {
      const { id, scopes, applicationIds = null, endsAtMs } = await this.goodOne(key);
      if (asker !== undefined && !reaches(asker, { applicationIds })) return undefined;
      return { id, scopes, endsAt: endsAtMs === Infinity ? undefined : new Date(endsAtMs) };
    } catch (error) {
      if (error instanceof InvalidTokenError) return undefined;
      throw error;
    }
  }

  /** @throws InvalidTokenError */
  private async goodOne(key: string): Promise<KnownSecret> {
    if (!isApiKey(key))
      throw new InvalidTokenError('It was mistyped or cut: its checksum is wrong');
    const known = await this.known.forceFetch(tracesOf(key).hash);
    if (known === 'unknown') throw new InvalidTokenError('It is no API key of ours');
    const { prefix, isRevoked, endsAtMs } = known;
    if (isRevoked) throw new InvalidTokenError(`The API key ${prefix} was revoked`);
    if (endsAtMs > this.clock.now().getTime()) return known;
    throw new InvalidTokenError(`The API key ${prefix} has ended`);
  }

  private async read(hash: string): Promise<KnownSecret | 'unknown'> {
    const [row] = await this.dataSource.query<Row[]>(find, [hash]);
    return row === undefined ? 'unknown' : secretOf(row);
  }
}

function secretOf({
  hash,
  id,
  prefix,
  scopes,
  application_ids,
  allowed_ips,
  revoked_at,
  expires_at,
  ends_at,
}: Row): KnownSecret {
  return {
    hash,
    id,
    prefix,
    scopes,
    applicationIds: application_ids ?? undefined,
    addresses: allowed_ips === null ? undefined : new AddressList(allowed_ips),
    isRevoked: revoked_at !== null,
    endsAtMs: Math.min(expires_at?.getTime() ?? Infinity, ends_at?.getTime() ?? Infinity),
  };
}
