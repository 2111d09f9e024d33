import { type Actor, type Platform, preparedQuery } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  actorParameters,
  registerStatement,
  registerTogetherStatement,
  type StoredDevice,
} from './registration.statements';

/** What the actor may register, checked. */
export interface CheckedRegistration {
  readonly actor: Actor;
  readonly applicationId: number;
  readonly platform: Platform;
  readonly token: string;
  readonly userId?: string | undefined;
  readonly activationId?: string | undefined;
}

interface Waiting {
  readonly registration: CheckedRegistration;
  readonly resolve: (stored: Promise<StoredDevice | undefined>) => void;
}

/** Few, so that they grow under load; two, so that one that waits for a lock does not hold up all others. */
const mostUnderWay = 2;

const largestBatch = 100;

/**
 * Stores registrations that come at the same time together: an idle server stores each at once, a busy one those that
 * came while it was storing others, with one commit for all. When an app's new version makes every device register, it
 * is the commits that PostgreSQL would be busy with.
 */
@Injectable()
export class RegistrationBatches {
  private waiting: Waiting[] = [];
  private underWay = 0;

  constructor(private readonly dataSource: DataSource) {}

  /** @returns undefined when there is no such application, or no such activation in the actor's reach */
  async store(registration: CheckedRegistration): Promise<StoredDevice | undefined> {
    if (registration.activationId !== undefined) return this.storeOne(registration);
    return new Promise((resolve) => {
      this.waiting.push({ registration, resolve });
      this.storeWaiting();
    });
  }

  private storeWaiting(): void {
    while (this.underWay < mostUnderWay && this.waiting.length > 0) {
      this.underWay++;
      void this.storeBatch(this.nextBatch()).finally(() => {
        this.underWay--;
        this.storeWaiting();
      });
    }
  }

  /** No token twice: a statement changes a row once. */
  private nextBatch(): Waiting[] {
    const batch = new Map<string, Waiting>();
    const later: Waiting[] = [];
    for (const one of this.waiting) {
      const { applicationId, token } = one.registration;
      const name = nameOf(applicationId, token);
      if (batch.size < largestBatch && !batch.has(name)) batch.set(name, one);
      else later.push(one);
    }
    this.waiting = later;
    return [...batch.values()];
  }

  /** Never rejects. */
  private async storeBatch(batch: readonly Waiting[]): Promise<void> {
    const together = batch.length === 1 ? undefined : await this.storeTogether(batch);
    const answers = batch.map(({ registration, resolve }) => {
      const { applicationId, token } = registration;
      const answer =
        together === undefined
          ? this.storeOne(registration)
          : Promise.resolve(together.get(nameOf(applicationId, token)));
      resolve(answer);
      return answer;
    });
    await Promise.allSettled(answers);
  }

  /** @returns undefined when it failed, e.g. because another one of them locks the same devices in another order */
  private async storeTogether(
    batch: readonly Waiting[],
  ): Promise<Map<string, StoredDevice> | undefined> {
    const list = batch.map(({ registration }) => registration);
    try {
      const rows = await preparedQuery<StoredDevice>(
        this.dataSource.manager,
        registerTogetherStatement,
        [
          list.map(({ actor }) => actor.kind),
          list.map(({ actor }) => actor.id),
          list.map(({ actor }) => actor.address ?? null),
          list.map(({ applicationId }) => applicationId),
          list.map(({ platform }) => platform),
          list.map(({ token }) => token),
          list.map(({ userId }) => userId ?? null),
        ],
      );
      return new Map(rows.map((row) => [nameOf(row.applicationId, row.token), row]));
    } catch {
      return undefined; // Each for itself then, where what is wrong is one's own.
    }
  }

  private async storeOne(registration: CheckedRegistration): Promise<StoredDevice | undefined> {
    const { actor, applicationId, platform, token, userId, activationId } = registration;
    const [row] = await preparedQuery<StoredDevice>(this.dataSource.manager, registerStatement, [
      ...actorParameters(actor),
      applicationId,
      platform,
      token,
      userId ?? null,
      activationId ?? null,
    ]);
    return row;
  }
}

const nameOf = (applicationId: number, token: string) => `${applicationId}:${token}`;
