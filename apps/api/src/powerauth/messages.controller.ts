import { type NotificationInput, NotificationsService } from '@app/campaigns';
import { Config } from '@app/core';
import type { z } from 'zod';
import { readBatch, readMessage } from './message-requests';
import { SendCounts, SendMessage, SendMessageBatch } from './models';
import { PowerAuthController } from './powerauth-controller';
import { Read } from './request-params';
import { Route } from './route';
import { sendCountsView } from './send-counts.view';

@PowerAuthController('push/message', { APPLICATION_NOT_FOUND: 'Application not found' })
export class PowerAuthMessagesController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly config: Config,
  ) {}

  @Route(['POST'], ['send'], {
    summary: 'Send a message to one user',
    request: SendMessage,
    response: SendCounts,
  })
  send(@Read(readMessage) message: NotificationInput): Promise<z.infer<typeof SendCounts>> {
    return this.sendAll([message]);
  }

  @Route(['POST'], ['batch/send'], {
    summary: 'Send up to 20 messages, each to one user',
    request: SendMessageBatch,
    response: SendCounts,
  })
  sendBatch(@Read(readBatch) batch: NotificationInput[]): Promise<z.infer<typeof SendCounts>> {
    return this.sendAll(batch);
  }

  private async sendAll(messages: NotificationInput[]): Promise<z.infer<typeof SendCounts>> {
    const counts = await this.notifications.sendAndCount(messages, this.config.powerAuthSendWaitMs);
    return sendCountsView(counts);
  }
}
