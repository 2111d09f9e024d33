import { Audit } from '@app/audit';
import type { Actor, Gateway } from '@app/core';
import { FirstOutcomes, type SendCounts } from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Addressee, Addressees } from './addressees';
import { NotificationNotFoundError } from './campaigns.errors';
import { type NotificationInput, NotificationSender } from './notification-sender';
import { Notification } from './notification.entity';

/** A notification to a user, or to all users who have an e-mail. */
export type AddressedNotification = Omit<NotificationInput, 'userId' | 'alsoTo'> & Addressee;

/** What people do with notifications. */
@Injectable()
export class NotificationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sender: NotificationSender,
    private readonly addressees: Addressees,
    private readonly outcomes: FirstOutcomes,
    private readonly audit: Audit,
  ) {}

  /**
   * Stores the message and its deliveries and wakes a worker. A user without devices is no error: the notification
   * completes without deliveries. An e-mail that several users have reaches all of them.
   * @throws ForbiddenError, ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError, InvalidAddresseeError,
   * InvalidProfileError, ProfileNotFoundError
   */
  async send(actor: Actor, input: AddressedNotification): Promise<Notification> {
    const { applicationId, content, personal, activationId } = input;
    actor.demand('messages:send', applicationId);
    const [userId, ...alsoTo] = await this.addressees.of(applicationId, input);
    const notification = { applicationId, userId, alsoTo, activationId, content, personal };
    const [id = ''] = await this.sendAll(actor, [notification]);
    return this.get(actor, id);
  }

  /**
   * Sends all or none, and waits until each delivery has had its first outcome, or `waitMs` are over. What is pending
   * then goes on in the workers.
   * @throws ForbiddenError, ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async sendAndCount(
    actor: Actor,
    inputs: readonly NotificationInput[],
    waitMs: number,
  ): Promise<Record<Gateway, SendCounts>> {
    return this.outcomes.wait(await this.sendAll(actor, inputs), waitMs);
  }

  /**
   * With its message. For whoever may send, who may see what became of it, and for those who read campaigns: there is
   * no reading of one kind of messages without the other.
   * @throws ForbiddenError, NotificationNotFoundError
   */
  async get(actor: Actor, id: string): Promise<Notification> {
    const permission = actor.permissions.has('messages:send') ? 'messages:send' : 'campaigns:read';
    actor.demandSomewhere(permission);
    const notification = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
      ? await this.dataSource.manager.findOne(Notification, {
          where: { id },
          relations: { message: true },
        })
      : null;
    if (notification === null) throw new NotificationNotFoundError(id);
    actor.demand(permission, notification.message.applicationId);
    return notification;
  }

  private async sendAll(actor: Actor, inputs: readonly NotificationInput[]): Promise<string[]> {
    for (const { applicationId } of inputs) actor.demand('messages:send', applicationId);
    return this.sender.send(inputs, async (ids, manager) => {
      const events = inputs.map(({ userId, alsoTo = [], applicationId }, place) => ({
        action: 'notification.send',
        target: `notification:${ids[place]}`,
        applicationId,
        after: { userId, ...(alsoTo.length > 0 && { alsoTo }) },
      }));
      await this.audit.recordAll(actor, events, manager);
    });
  }
}
