import { type Actor, type Platform, preparedQuery, UnitOfWork } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
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

/** Of one application. */
interface Queue {
  waiting: Waiting[];
  underWay: number;
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
  private readonly logger = new Logger(RegistrationBatches.name);
  /** By application: none waits for what locks the devices of another. */
  private readonly queues = new Map<number, Queue>();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns undefined when there is no such application, or no such activation in the actor's reach */
  async store(registration: CheckedRegistration): Promise<StoredDevice | undefined> {
    const isInUnit = UnitOfWork.current() !== undefined; // which others can't share
    if (registration.activationId !== undefined || isInUnit) return this.storeOne(registration);
    const { applicationId } = registration;
    const queue = this.queues.get(applicationId) ?? { waiting: [], underWay: 0 };
    this.queues.set(applicationId, queue);
    return new Promise((resolve) => {
      queue.waiting.push({ registration, resolve });
      this.storeWaiting(applicationId, queue);
    });
  }

  private storeWaiting(applicationId: number, queue: Queue): void {
    while (queue.underWay < mostUnderWay && queue.waiting.length > 0) {
      queue.underWay++;
      void this.storeBatch(applicationId, nextBatch(queue)).finally(() => {
        queue.underWay--;
        this.storeWaiting(applicationId, queue);
      });
    }
    if (queue.underWay === 0) this.queues.delete(applicationId);
  }

  /** Never rejects. */
  private async storeBatch(applicationId: number, batch: readonly Waiting[]): Promise<void> {
    const together =
      batch.length === 1 ? undefined : await this.storeTogether(applicationId, batch);
    const answers = batch.map(({ registration, resolve }) => {
      const answer =
        together === undefined
          ? this.storeOne(registration)
          : Promise.resolve(together.get(registration.token));
      resolve(answer);
      return answer;
    });
    await Promise.allSettled(answers);
  }

  /**
   * @returns by token; undefined when it failed, e.g. because somebody locks the same devices in another order: then each
   * is stored for itself, and what is wrong is one's own
   */
  private async storeTogether(
    applicationId: number,
    batch: readonly Waiting[],
  ): Promise<Map<string, StoredDevice> | undefined> {
    const list = batch.map(({ registration }) => registration);
    try {
      const rows = await preparedQuery<StoredDevice>(
        this.dataSource.manager,
        registerTogetherStatement,
        [
          applicationId,
          list.map(({ actor }) => actor.kind),
          list.map(({ actor }) => actor.id),
          list.map(({ actor }) => actor.address ?? null),
          list.map(({ platform }) => platform),
          list.map(({ token }) => token),
          list.map(({ userId }) => userId ?? null),
        ],
      );
      return new Map(rows.map((row) => [row.token, row]));
    } catch (error) {
      const { message } = error as Error;
      this.logger.warn(`${list.length} registrations are stored one by one: ${message}`);
      return undefined;
    }
  }

  private async storeOne(registration: CheckedRegistration): Promise<StoredDevice | undefined> {
    const { actor, applicationId, platform, token, userId, activationId } = registration;
    const values = [
      ...actorParameters(actor),
      ...[applicationId, platform, token, userId ?? null, activationId ?? null],
    ];
    try {
      const { manager } = this.dataSource;
      return (await preparedQuery<StoredDevice>(manager, registerStatement, values))[0];
    } catch (error) {
      const { constraint } = error as { constraint?: string };
      if (constraint !== 'devices_application_fkey') throw error;
      return undefined; // removed a moment ago
    }
  }
}

/** No token twice: a statement changes a row once. */
function nextBatch(queue: Queue): Waiting[] {
  const batch = new Map<string, Waiting>();
  const again: Waiting[] = [];
  for (const one of queue.waiting) {
    if (batch.size === largestBatch) break;
    const { token } = one.registration;
    if (batch.has(token)) again.push(one);
    else batch.set(token, one);
  }
  queue.waiting = [...again, ...queue.waiting.slice(batch.size + again.length)];
  return [...batch.values()];
}
