import { ApplicationStore } from '@app/applications';
import { Chunks, type Message, Messages, Planner } from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { userAudience } from './audience.query';
import { Notification } from './notification.entity';

export interface NotificationInput {
  readonly applicationId: number;
  readonly userId: string;
  /** Who gets it too, because it was addressed to an e-mail that several users have. */
  readonly alsoTo?: readonly string[];
  /** Only the device of this activation. */
  readonly activationId?: string | undefined;
  readonly content: Message['content'];
  readonly personal: boolean;
}

/** Sends for the services of this lib, which have asked whether the actor may. */
@Injectable()
export class NotificationSender {
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
   * @throws ApplicationNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async send(
    inputs: readonly NotificationInput[],
    trail: (ids: readonly string[], manager: EntityManager) => Promise<void>,
  ): Promise<string[]> {
    inputs.forEach(({ userId }) => checkUserId(userId));
    for (const id of new Set(inputs.map(({ applicationId }) => applicationId))) {
      await this.applications.assertExists(id);
    }
    const ids = await this.dataSource.transaction(async (manager) => {
      const stored: string[] = [];
      for (const input of inputs) stored.push(await this.store(manager, input));
      await trail(stored, manager);
      return stored;
    });
    await this.chunks.wake(...ids);
    return ids;
  }

  private async store(manager: EntityManager, input: NotificationInput): Promise<string> {
    const { applicationId, userId, alsoTo = [], activationId = null, content, personal } = input;
    const message = await this.messages.create(
      manager,
      { applicationId, content, personal, priority: 'transactional' },
      'planning',
    );
    await manager.insert(Notification, { id: message.id, applicationId, userId, activationId });
    const audience = userAudience([userId, ...alsoTo], applicationId, activationId);
    const total = await this.planner.plan(manager, message, audience);
    if (total === 0) await this.messages.completeIfDone(message.id, manager);
    return message.id;
  }
}
