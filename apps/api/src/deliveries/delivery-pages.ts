import type { Gateway } from '@app/core';
import { DeliveriesService, type Delivery, type DeliveryFilter } from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { type Page, type PageArgs, pageOf } from '../graphql/connection';
import { decodeCursor, encodeCursor } from '../graphql/cursor';

/** Deliveries in pages, wherever the schema shows them. */
@Injectable()
export class DeliveryPages {
  constructor(private readonly deliveries: DeliveriesService) {}

  async list(filter: DeliveryFilter, { first, after }: PageArgs): Promise<Page<Delivery>> {
    const rows = await this.deliveries.list(
      filter,
      first + 1,
      after === undefined ? undefined : positionOf(after),
    );
    return pageOf(rows, first, ({ gateway, seq }) => encodeCursor(`${gateway}:${seq}`));
  }
}

function positionOf(cursor: string) {
  const [, gateway, seq] = decodeCursor(cursor, /^(apns|fcm):(\d{1,9})$/);
  return { gateway: gateway as Gateway, seq: Number(seq) };
}
