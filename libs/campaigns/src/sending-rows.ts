import { Rows } from '@app/core';
import { Message, type Placed, type SendingPosition } from '@app/delivery';
import type { Type } from '@nestjs/common';
import type { Campaign } from './campaign.entity';
import type { Notification } from './notification.entity';

/** Reads campaigns, or notifications, with their messages from the rows of a statement. */
export class SendingRows<Sending extends Campaign | Notification> {
  /** The columns to select from a `sending` and its `message`. */
  readonly columns: string;
  private readonly sending: Rows<Sending>;
  private readonly message = Rows.of(Message, 'message');

  constructor(entity: Type<Sending>) {
    this.sending = Rows.of(entity, 'sending');
    this.columns = `${this.sending.select}, ${this.message.select}`;
  }

  sendingOf(row: object): Sending {
    return Object.assign(this.sending.read(row), { message: this.message.read(row) });
  }

  placedOf(row: SendingPosition): Placed<Sending> {
    const { at, messageId } = row;
    return Object.assign(this.sendingOf(row), { at, messageId });
  }
}
