import { randomUUID } from 'node:crypto';
import { ApplicationStore, isApplicationId } from '@app/applications';
import type { AuditInput } from '@app/audit';
import {
  type Actor,
  afterCommit,
  ApplicationNotFoundError,
  DomainError,
  Gathering,
  UnitOfWork,
} from '@app/core';
import { Backlog, validateContent } from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotificationNotFoundError } from './campaigns.errors';
import { Notification } from './notification.entity';
import {
  type CheckedNotification,
  type NotificationInput,
  storeNotifications,
  type StoredNotifications,
} from './store-notifications';

const largestBatch = 500;

/** Stores notifications and reads them, for the services of this lib, which have asked whether the actor may. */
@Injectable()
export class NotificationStore {
  /** Stores what several callers send at the same time with one commit. */
  private readonly gathering = new Gathering<readonly CheckedNotification[], StoredNotifications>(
    {
      name: 'calls that notify',
      largest: largestBatch,
      sizeOf: (list) => list.length,
      // None waits for what locks another application, or fails where that is gone.
      queueOf: ([first]) => first?.applicationId,
      together: async (lists) => {
        const stored = await this.storeAlone(lists.flat());
        return lists.map(() => stored);
      },
      alone: (list) => this.storeAlone(list),
    },
    new Logger(NotificationStore.name),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationStore,
    private readonly backlog: Backlog,
  ) {}

  /**
   * Stores messages with their deliveries, all or none, and wakes workers.
   * @param eventOf tells the audit trail of a notification, by its id
   * @returns the notifications' ids, in the order of the inputs
   * @throws of the first one that is wrong, naming its place where there are several ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async store(
    actor: Actor,
    inputs: readonly NotificationInput[],
    eventOf: (id: string, input: NotificationInput) => AuditInput,
  ): Promise<string[]> {
    await this.check(inputs);
    const list = inputs.map((input) => {
      const id = randomUUID();
      return { ...input, id, actor, event: eventOf(id, input) };
    });
    const isOfOne = new Set(inputs.map(({ applicationId }) => applicationId)).size === 1;
    const isInUnit = UnitOfWork.current() !== undefined; // which others can't share
    const { missing, lanes } = await (isOfOne && !isInUnit
      ? this.gathering.do(list)
      : this.storeAlone(list));
    if (missing !== null) throw new ApplicationNotFoundError(missing);
    await afterCommit(() => this.backlog.wake(lanes));
    return list.map(({ id }) => id);
  }

  /** Returns a notification with its message. @throws NotificationNotFoundError */
  async get(id: string): Promise<Notification> {
    const options = { where: { id }, relations: { message: true } };
    const notification = await this.dataSource.manager.findOne(Notification, options);
    if (notification === null) throw new NotificationNotFoundError(id);
    return notification;
  }

  /** Checks what needs no look at the database, but where an application is not there, that is what is wrong. */
  private async check(inputs: readonly NotificationInput[]): Promise<void> {
    try {
      for (const [place, input] of inputs.entries()) checkOne(input, place, inputs.length);
    } catch (error) {
      for (const id of new Set(inputs.map(({ applicationId }) => applicationId))) {
        await this.applications.assertExists(this.dataSource.manager, id);
      }
      throw error;
    }
  }

  private storeAlone(list: readonly CheckedNotification[]): Promise<StoredNotifications> {
    return storeNotifications(this.dataSource.manager, list);
  }
}

/** @throws ApplicationNotFoundError, InvalidDeviceError, InvalidMessageError, which name the place where there are several */
function checkOne(
  { applicationId, userId, content }: NotificationInput,
  place: number,
  count: number,
): void {
  try {
    if (!isApplicationId(applicationId)) throw new ApplicationNotFoundError(applicationId);
    checkUserId(userId);
    validateContent(content);
  } catch (error) {
    throw error instanceof DomainError && count > 1 ? error.ofItem(place) : error;
  }
}
