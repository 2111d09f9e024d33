import { createSecretKey, type KeyObject } from 'node:crypto';
import { Clock, freshFor, SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { apiSpaceForm } from './push-profile-checks';
import { PushProfile } from './push-profile.entity';
import { ApiSpaceNotFoundError } from './push-profiles.errors';

/** A push profile, with what verifies its challenge tokens. */
export interface ApiSpace extends Pick<
  PushProfile,
  | 'applicationId'
  | 'apiSpaceId'
  | 'issuer'
  | 'audience'
  | 'idClaim'
  | 'timestampUnit'
  | 'sessionSeconds'
  | 'updatedAt'
> {
  /** The secrets, newest first; one that has an `until` is good until then. */
  readonly secrets: readonly { readonly key: KeyObject; readonly until?: Date }[];
}

/** How long a profile is cached, and so how late a change of another process is seen. */
const staleAfterMs = 3_000;

/** The context of a push profile's sealed secrets. */
export const pushProfileSeal = (applicationId: number) => `push-profile:${applicationId}`;

/** The result of a look-up: a space, or none. */
interface LookUp {
  readonly space?: ApiSpace;
}

/** Finds push profiles, with their secrets in clear, by the name that the SDKs' URLs have for them. */
@Injectable()
export class ApiSpaces {
  private readonly known: LRUCache<string, LookUp>;
  /** Names without a profile, apart from the others, so that whoever asks for many of them pushes no profile out. */
  private readonly strange: LRUCache<string, LookUp>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
    clock: Clock,
  ) {
    this.known = this.cache(clock);
    this.strange = this.cache(clock);
  }

  /** Finds a profile, with no statement while it is fresh: the hot path. @throws ApiSpaceNotFoundError */
  async get(apiSpaceId: string): Promise<ApiSpace> {
    if (!apiSpaceForm.test(apiSpaceId)) throw new ApiSpaceNotFoundError();
    const isKnown = this.known.peek(apiSpaceId, { allowStale: true }) !== undefined;
    const found = await (isKnown ? this.known : this.strange).fetch(apiSpaceId);
    if (found?.space === undefined) {
      this.known.delete(apiSpaceId);
      throw new ApiSpaceNotFoundError();
    }
    if (this.strange.peek(apiSpaceId) === found) {
      this.strange.delete(apiSpaceId);
      this.known.set(apiSpaceId, found);
    }
    return found.space;
  }

  /** Forgets a profile after a change in this process. */
  forget(apiSpaceId: string): void {
    this.known.delete(apiSpaceId);
    this.strange.delete(apiSpaceId);
  }

  private cache(clock: Clock): LRUCache<string, LookUp> {
    return new LRUCache({
      max: 1_000,
      ...freshFor(clock, staleAfterMs),
      ignoreFetchAbort: true, // Who waits for a look-up gets its answer, also when others take its place.
      fetchMethod: (apiSpaceId) => this.load(apiSpaceId),
    });
  }

  private async load(apiSpaceId: string): Promise<LookUp> {
    const stored = await this.dataSource.manager.findOneBy(PushProfile, { apiSpaceId });
    if (stored === null) return {};
    const { applicationId, issuer, audience, idClaim, timestampUnit } = stored;
    const { sessionSeconds, updatedAt } = stored;
    const secrets = this.secretsOf(stored);
    return {
      space: {
        applicationId,
        apiSpaceId,
        issuer,
        audience,
        idClaim,
        timestampUnit,
        sessionSeconds,
        updatedAt,
        secrets,
      },
    };
  }

  private secretsOf(stored: PushProfile): ApiSpace['secrets'] {
    const keyOf = (sealed: string) =>
      createSecretKey(this.secrets.open(sealed, pushProfileSeal(stored.applicationId)), 'utf8');
    const current = { key: keyOf(stored.sharedSecret) };
    const { previousSecret, previousSecretUntil: until } = stored;
    return previousSecret === null || until === null
      ? [current]
      : [current, { key: keyOf(previousSecret), until }];
  }
}
