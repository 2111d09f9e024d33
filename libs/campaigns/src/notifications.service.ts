import { ApplicationsService } from '@app/applications';
import { Chunks, type Message, Messages, Planner } from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
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
  ) {}

  /**
   * Stores the message and its deliveries and wakes a worker. A user without devices is no error: the notification
   * completes without deliveries.
   * @throws ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async send(input: NotificationInput): Promise<Notification> {
    const { applicationId, content, personal } = input;
    const userId = checkUserId(input.userId);
    const activationId = input.activationId ?? null;
    await this.applications.get(applicationId);
    const id = await this.dataSource.transaction(async (manager) => {
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
    });
    await this.chunks.wake(id);
    return this.get(id);
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
}
