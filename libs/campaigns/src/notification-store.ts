import { ApplicationStore } from '@app/applications';
import { afterCommit, DomainError } from '@app/core';
import { Chunks, type Message, Messages, Planner } from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { userAudience } from './audience.query';
import { NotificationNotFoundError } from './campaigns.errors';
import { Notification } from './notification.entity';

export interface NotificationInput {
  readonly applicationId: number;
  readonly userId: string;
  /** Limits the notification to the device of this activation. */
  readonly activationId?: string | undefined;
  readonly content: Message['content'];
  readonly personal: boolean;
}

/** Stores notifications and reads them, for the services of this lib, which have asked whether the actor may. */
@Injectable()
export class NotificationStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationStore,
    private readonly messages: Messages,
    private readonly planner: Planner,
    private readonly chunks: Chunks,
  ) {}

  /**
   * Stores messages with their deliveries, all or none, and wakes workers.
   * @param trail records it in the same transaction, by the notifications' ids
   * @returns the notifications' ids, in the order of the inputs
   * @throws of the first one that is wrong, naming its place where there are several ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async store(
    inputs: readonly NotificationInput[],
    trail: (ids: readonly string[], manager: EntityManager) => Promise<void>,
  ): Promise<string[]> {
    for (const id of new Set(inputs.map(({ applicationId }) => applicationId))) {
      await this.applications.assertExists(this.dataSource.manager, id);
    }
    const ids = await this.dataSource.transaction(async (manager) => {
      const stored: string[] = [];
      for (const [place, input] of inputs.entries()) {
        try {
          stored.push(await this.insert(manager, input));
        } catch (error) {
          throw error instanceof DomainError && inputs.length > 1 ? error.ofItem(place) : error;
        }
      }
      await trail(stored, manager);
      return stored;
    });
    await afterCommit(() => this.chunks.wake(...ids));
    return ids;
  }

  /** Returns a notification with its message. @throws NotificationNotFoundError */
  async get(id: string): Promise<Notification> {
    const options = { where: { id }, relations: { message: true } };
    const notification = await this.dataSource.manager.findOne(Notification, options);
    if (notification === null) throw new NotificationNotFoundError(id);
    return notification;
  }

  private async insert(manager: EntityManager, input: NotificationInput): Promise<string> {
    const { applicationId, userId, activationId = null, content, personal } = input;
    checkUserId(userId);
    const message = await this.messages.create(
      manager,
      { applicationId, content, personal, priority: 'transactional' },
      'planning',
    );
    await manager.insert(Notification, { id: message.id, applicationId, userId, activationId });
    const audience = userAudience([userId], applicationId, activationId);
    const total = await this.planner.plan(manager, message, audience);
    if (total === 0) await this.messages.completeIfDone(manager, message.id);
    return message.id;
  }
}
