import { type NotificationInput, NotificationsService } from '@app/campaigns';
import { type Actor, Config } from '@app/core';
import type { z } from 'zod';
import { CurrentActor } from '../access/current-actor';
import { readBatch, readMessage } from './message-requests';
import { SendCounts, SendMessage, SendMessageBatch } from './models';
import { PowerAuthController } from './protocol/powerauth-controller';
import { Read } from './protocol/request-params';
import { Route } from './protocol/route';
import { sendCountsView } from './send-counts.view';

@PowerAuthController('push/message', { APPLICATION_NOT_FOUND: 'Application not found' })
export class PowerAuthMessagesController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly config: Config,
  ) {}

  @Route(['POST'], ['send'], {
    allow: 'messages:send',
    summary: 'Send a message to one user',
    request: SendMessage,
    response: SendCounts,
  })
  send(
    @CurrentActor() actor: Actor,
    @Read(readMessage) message: NotificationInput,
  ): Promise<z.infer<typeof SendCounts>> {
    return this.sendAll(actor, [message]);
  }

  @Route(['POST'], ['batch/send'], {
    allow: 'messages:send',
    summary: 'Send up to 20 messages, each to one user',
    request: SendMessageBatch,
    response: SendCounts,
  })
  sendBatch(
    @CurrentActor() actor: Actor,
    @Read(readBatch) batch: NotificationInput[],
  ): Promise<z.infer<typeof SendCounts>> {
    return this.sendAll(actor, batch);
  }

  private async sendAll(
    actor: Actor,
    messages: NotificationInput[],
  ): Promise<z.infer<typeof SendCounts>> {
    const counts = await this.notifications.notifyAndCount(
      actor,
      messages,
      this.config.powerAuthSendWaitMs,
    );
    return sendCountsView(counts);
  }
}
