import { EntityColumns } from '@app/core';
import { Message, type Placed, type SendingPosition } from '@app/delivery';
import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Campaign } from './campaign.entity';
import type { Notification } from './notification.entity';

/** Reads campaigns, or notifications, with their messages from the rows of a statement. */
export class SendingRows<Sending extends Campaign | Notification> {
  /** The columns to select from a `sending` and its `message`. */
  readonly columns: string;
  private readonly sending: EntityColumns<Sending>;
  private readonly message: EntityColumns<Message>;

  constructor(dataSource: DataSource, entity: Type<Sending>) {
    this.sending = new EntityColumns(dataSource, entity, 'sending');
    this.message = new EntityColumns(dataSource, Message, 'message');
    this.columns = `${this.sending.sql}, ${this.message.sql}`;
  }

  sendingOf(row: object): Sending {
    const message = this.message.entityOf(row);
    return Object.assign(this.sending.entityOf(row), { message });
  }

  placedOf(row: SendingPosition): Placed<Sending> {
    const { at, messageId } = row;
    return Object.assign(this.sendingOf(row), { at, messageId });
  }
}
