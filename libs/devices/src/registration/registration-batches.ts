import { type Actor, UnitOfWork } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Device } from '../device/device.entity';
import { type CheckedRegistration, storeRegistrations } from './store-registrations';

/** A registration that comes by itself. */
export interface SingleRegistration extends CheckedRegistration {
  readonly actor: Actor;
  readonly applicationId: number;
}

interface Waiting {
  readonly registration: SingleRegistration;
  readonly resolve: (stored: Promise<Device | undefined>) => void;
}

/** The registrations of one application that wait. */
interface Queue {
  waiting: Waiting[];
  underWay: number;
}

/** The batches under way at once: few, so that they grow under load; two, so that one that waits for a lock is not alone. */
const mostUnderWay = 2;

const largestBatch = 100;

/**
 * Stores registrations that come at the same time together: an idle server stores each at once, a busy one those that
 * came while it was storing others, with one commit for all. When an app's new version makes every device register,
 * PostgreSQL would be busy with the commits.
 */
@Injectable()
export class RegistrationBatches {
  private readonly logger = new Logger(RegistrationBatches.name);
  /** Queues by application: none waits for what locks the devices of another. */
  private readonly queues = new Map<number, Queue>();

  constructor(private readonly dataSource: DataSource) {}

  /** @returns undefined when there is no such application, or no such activation in the actor's reach */
  async store(registration: SingleRegistration): Promise<Device | undefined> {
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
    const answers = batch.map(({ registration, resolve }, index) => {
      const answer =
        together === undefined ? this.storeOne(registration) : Promise.resolve(together[index]);
      resolve(answer);
      return answer;
    });
    await Promise.allSettled(answers);
  }

  /**
   * @returns undefined when it failed, e.g. because somebody locks the same devices in another order: then each is
   * stored by itself, and an error concerns only its own
   */
  private async storeTogether(
    applicationId: number,
    batch: readonly Waiting[],
  ): Promise<(Device | undefined)[] | undefined> {
    const list = batch.map(({ registration }) => registration);
    try {
      const stored = await storeRegistrations(this.dataSource.manager, applicationId, list);
      return stored.map((one) => one?.device);
    } catch (error) {
      const { message } = error as Error;
      this.logger.warn(`${list.length} registrations are stored one by one: ${message}`);
      return undefined;
    }
  }

  private async storeOne(registration: SingleRegistration): Promise<Device | undefined> {
    const { actor, applicationId } = registration;
    const { manager } = this.dataSource;
    const reach = actor.applicationIds;
    const [stored] = await storeRegistrations(manager, applicationId, [registration], reach);
    return stored?.device;
  }
}

/** Takes no token twice, for each is answered the device as it left it. */
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
