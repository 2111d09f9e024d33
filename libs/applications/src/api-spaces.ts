import { createSecretKey, type KeyObject } from 'node:crypto';
import { SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { apiSpaceForm } from './push-profile-checks';
import { PushProfile } from './push-profile.entity';
import { ApiSpaceNotFoundError } from './push-profiles.errors';

/** A push profile for those who verify its challenge tokens. */
export interface ApiSpace extends Pick<
  PushProfile,
  | 'applicationId'
  | 'apiSpaceId'
  | 'issuer'
  | 'audience'
  | 'idClaim'
  | 'timestampUnit'
  | 'sessionSeconds'
> {
  /** Newest first; one that has an `until` is good until then. */
  readonly secrets: readonly { readonly key: KeyObject; readonly until?: Date }[];
}

/** How old what other processes changed may be. */
const staleAfterMs = 3_000;

/** The context of a push profile's sealed secrets. */
export const pushProfileSeal = (applicationId: number) => `push-profile:${applicationId}`;

/** Push profiles by the name that the SDKs' URLs have for them, their secrets in clear. */
@Injectable()
export class ApiSpaces {
  private readonly known = new LRUCache<string, { readonly space?: ApiSpace }>({
    max: 1_000,
    ttl: staleAfterMs,
    fetchMethod: (apiSpaceId) => this.load(apiSpaceId),
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /** The hot path: no statement while what is known is fresh. @throws ApiSpaceNotFoundError */
  async get(apiSpaceId: string): Promise<ApiSpace> {
    const found = apiSpaceForm.test(apiSpaceId) ? await this.known.fetch(apiSpaceId) : undefined;
    if (found?.space === undefined) throw new ApiSpaceNotFoundError();
    return found.space;
  }

  /** After a change in this process. */
  forget(apiSpaceId: string): void {
    this.known.delete(apiSpaceId);
  }

  private async load(apiSpaceId: string): Promise<{ space?: ApiSpace }> {
    const stored = await this.dataSource.manager.findOneBy(PushProfile, { apiSpaceId });
    if (stored === null) return {};
    const { applicationId, issuer, audience, idClaim, timestampUnit, sessionSeconds } = stored;
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
