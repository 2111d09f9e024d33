import { type Actor, DomainError, type Gateway, once } from '@app/core';
import { FirstOutcomes, type SendCounts } from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { type Addressee, Addressees } from './addressees';
import { InvalidBatchError, NotificationNotFoundError } from './campaigns.errors';
import { NotificationLists, notificationPermission } from './notification-lists';
import { NotificationStore } from './notification-store';
import type { Notification } from './notification.entity';
import type { NotificationInput } from './store-notifications';

/** A notification to a user, by his id or his e-mail. */
export type AddressedNotification = Omit<NotificationInput, 'userId'> & Addressee;

/** The most notifications that one call may send. */
const largestBatch = 1_000;

/** Sends notifications for people and machines. */
@Injectable()
export class NotificationsService {
  constructor(
    private readonly notifications: NotificationStore,
    private readonly lists: NotificationLists,
    private readonly addressees: Addressees,
    private readonly outcomes: FirstOutcomes,
  ) {}

  /**
   * Stores the message and its deliveries and wakes a worker. A user without devices is no error: the notification
   * completes without deliveries.
   * @throws ForbiddenError, ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError, InvalidAddresseeError,
   * InvalidProfileError, ProfileNotFoundError, AmbiguousEmailError
   */
  async notify(actor: Actor, input: AddressedNotification): Promise<Notification> {
    const [id = ''] = await this.notifyAll(actor, [await this.addressed(actor, input)]);
    const [sent] = await this.read([id]);
    if (sent === undefined) throw new NotificationNotFoundError(id); // its application was removed a moment ago
    return sent;
  }

  /**
   * Sends all or none, as `notify` otherwise; an error names the place in the list.
   * @returns the notifications in the order of the inputs
   * @throws InvalidBatchError
   */
  async notifyMany(
    actor: Actor,
    inputs: readonly AddressedNotification[],
  ): Promise<Notification[]> {
    if (inputs.length === 0 || inputs.length > largestBatch) {
      throw new InvalidBatchError(largestBatch);
    }
    const addressed: NotificationInput[] = [];
    for (const [place, input] of inputs.entries()) {
      try {
        addressed.push(await this.addressed(actor, input));
      } catch (error) {
        throw error instanceof DomainError ? error.ofItem(place) : error;
      }
    }
    return this.read(await this.notifyAll(actor, addressed));
  }

  /**
   * Sends all or none, and waits until each delivery has had its first outcome, or `waitMs` are over. Workers go on
   * with what is then pending.
   * @throws ForbiddenError, ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async notifyAndCount(
    actor: Actor,
    inputs: readonly NotificationInput[],
    waitMs: number,
  ): Promise<Record<Gateway, SendCounts>> {
    // Workers have to see them before there is anything to count.
    const ids = await once(() => this.notifyAll(actor, inputs));
    return this.outcomes.wait(ids, waitMs);
  }

  /**
   * Returns a notification with its message, to whoever may send, and so see what became of it, and to whoever reads
   * campaigns: who reads messages of one kind reads those of the other.
   * @throws ForbiddenError, NotificationNotFoundError, also for one out of reach
   */
  async get(actor: Actor, id: string): Promise<Notification> {
    const permission = notificationPermission(actor);
    actor.demandSomewhere(permission);
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
      throw new NotificationNotFoundError(id);
    }
    const notification = await this.notifications.get(id);
    if (!actor.reaches(notification.message.applicationId)) throw new NotificationNotFoundError(id);
    return notification;
  }

  private async read(ids: readonly string[]): Promise<Notification[]> {
    const found = await this.lists.byId(ids);
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  private async addressed(actor: Actor, input: AddressedNotification): Promise<NotificationInput> {
    const { applicationId, content, personal, activationId } = input;
    actor.demand('messages:send', applicationId);
    const userId = await this.addressees.of(applicationId, input);
    return { applicationId, userId, activationId, content, personal };
  }

  private async notifyAll(actor: Actor, inputs: readonly NotificationInput[]): Promise<string[]> {
    for (const { applicationId } of inputs) actor.demand('messages:send', applicationId);
    return this.notifications.store(actor, inputs, (id, { userId }) => ({
      action: 'notification.send',
      target: `notification:${id}`,
      after: { userId },
    }));
  }
}
