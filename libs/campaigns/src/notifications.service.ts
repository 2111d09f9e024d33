import { ApplicationsService } from '@app/applications';
import type { Gateway } from '@app/core';
import {
  Chunks,
  FirstOutcomes,
  type Message,
  Messages,
  Planner,
  type SendCounts,
} from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { userAudience } from './audience.query';
import { NotificationNotFoundError } from './campaigns.errors';
import { Notification } from './notification.entity';

export interface NotificationInput {
  readonly applicationId: number;
  readonly userId: string;
  /** Only the device of this activation. */
  readonly activationId?: string | undefined;
  readonly content: Message['content'];
  readonly personal: boolean;
}

@Injectable()
export class NotificationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly messages: Messages,
    private readonly planner: Planner,
    private readonly chunks: Chunks,
    private readonly outcomes: FirstOutcomes,
  ) {}

  /**
   * Stores the message and its deliveries and wakes a worker. A user without devices is no error: the notification
   * completes without deliveries.
   * @throws ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async send(input: NotificationInput): Promise<Notification> {
    const [id = ''] = await this.start([input]);
    return this.get(id);
  }

  /**
   * Sends all or none, and waits until each delivery has had its first outcome, or `waitMs` are over. What is pending
   * then goes on in the workers.
   * @throws ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async sendAndCount(
    inputs: readonly NotificationInput[],
    waitMs: number,
  ): Promise<Record<Gateway, SendCounts>> {
    return this.outcomes.wait(await this.start(inputs), waitMs);
  }

  /** With its message. @throws NotificationNotFoundError */
  async get(id: string): Promise<Notification> {
    const notification = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
      ? await this.dataSource.manager.findOne(Notification, {
          where: { id },
          relations: { message: true },
        })
      : null;
    if (notification === null) throw new NotificationNotFoundError(id);
    return notification;
  }

  /** @returns the notifications' ids */
  private async start(inputs: readonly NotificationInput[]): Promise<string[]> {
    inputs.forEach(({ userId }) => checkUserId(userId));
    for (const id of new Set(inputs.map(({ applicationId }) => applicationId))) {
      await this.applications.get(id);
    }
    const ids = await this.dataSource.transaction(async (manager) => {
      const stored: string[] = [];
      for (const input of inputs) stored.push(await this.store(manager, input));
      return stored;
    });
    await this.chunks.wake(...ids);
    return ids;
  }

  private async store(manager: EntityManager, input: NotificationInput): Promise<string> {
    const { applicationId, userId, activationId = null, content, personal } = input;
    const message = await this.messages.create(
      manager,
      { applicationId, content, personal, priority: 'transactional' },
      'planning',
    );
    await manager.insert(Notification, { id: message.id, userId, activationId });
    const audience = userAudience(userId, applicationId, activationId);
    const total = await this.planner.plan(manager, message, audience);
    if (total === 0) await this.messages.completeIfDone(message.id, manager);
    return message.id;
  }
}
