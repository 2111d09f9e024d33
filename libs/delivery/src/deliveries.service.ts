import { type Gateway } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type FindOptionsWhere, MoreThan } from 'typeorm';
import { Delivery, type DeliveryState } from './delivery.entity';
import { DeliveryIds } from './delivery-id';
import type { Message } from './message.entity';

export interface DeliveryFilter {
  /** Its campaign or notification was shown to the reader. */
  readonly message: Message;
  readonly gateway?: Gateway;
  readonly state?: DeliveryState;
}

/** A place in a listing: the last delivery that was seen. */
export interface DeliveryPosition {
  readonly gateway: Gateway;
  readonly seq: number;
}

/**
 * Reads what became of deliveries. Nobody's permission is asked here: whoever has a message got it from the service of
 * its campaign or notification, which did.
 */
@Injectable()
export class DeliveriesService {
  constructor(private readonly dataSource: DataSource) {}

  /** In the order of planning, APNs first. @param first at most this many */
  async list(filter: DeliveryFilter, first: number, after?: DeliveryPosition): Promise<Delivery[]> {
    const { message, gateway, state } = filter;
    const common: FindOptionsWhere<Delivery> = {
      messageId: message.id,
      ...(gateway !== undefined && { gateway }),
      ...(state !== undefined && { state }),
    };
    const beyond = (place: FindOptionsWhere<Delivery>) => ({ ...place, ...common });
    const where =
      after === undefined
        ? common
        : [
            ...(gateway === undefined || gateway === after.gateway
              ? [beyond({ gateway: after.gateway, seq: MoreThan(after.seq) })]
              : []),
            ...(after.gateway === 'apns' && gateway !== 'apns' ? [beyond({ gateway: 'fcm' })] : []),
          ];
    if (Array.isArray(where) && where.length === 0) return [];
    return this.dataSource.manager.find(Delivery, {
      where,
      order: { gateway: 'ASC', seq: 'ASC' },
      take: first,
    });
  }

  /** The delivery's id for ever. */
  idOf(delivery: Delivery): string {
    return new DeliveryIds(delivery.messageId).of(delivery.deviceId);
  }
}
