import { listsBy, oneBy, type Page, type PageRequest, readPages } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DeliveryIds } from '../messages/delivery-id';
import { Delivery, type DeliveryState } from '../messages/delivery.entity';
import {
  chosenDeliveriesStatement,
  countByReasonStatement,
  countDeliveriesOfDevicesStatement,
  countDeliveriesStatement,
  deliveriesOfDevicesStatement,
  deliveriesStatement,
  deliveriesToUserStatement,
  deliveryRows,
} from './delivery-list.statements';
import { type Placed, positionParameters, type SendingPosition } from './sending-position';

/** Which deliveries of a message or a device; what is absent does not matter. */
export interface DeliveryFilter {
  readonly gateway?: Delivery['gateway'] | undefined;
  readonly state?: DeliveryState | undefined;
  readonly reason?: string | undefined;
}

/** A place among the deliveries of a message. */
export type DeliveryPosition = Pick<Delivery, 'gateway' | 'seq'>;

/**
 * Reads what became of deliveries, of many messages or devices in one statement. Nobody's permission is asked here:
 * whoever has a message got it from the service of its campaign or notification, which did, and a device likewise.
 */
@Injectable()
export class DeliveryLists {
  constructor(private readonly dataSource: DataSource) {}

  /** By message, in the order of planning, APNs first. */
  async ofMessages(
    messageIds: readonly string[],
    { gateway = null, state = null, reason = null }: NullableFilter,
    page: PageRequest<DeliveryPosition>,
  ): Promise<Map<string, Page<Delivery>>> {
    const isAll = state === null && reason === null;
    const { gateway: last = null, seq = null } = page.after ?? {};
    return readPages(messageIds, page, async (limit) => {
      const place = [messageIds, limit, gateway, last, seq];
      const rows = await this.dataSource.query<object[]>(
        isAll ? deliveriesStatement : chosenDeliveriesStatement,
        isAll ? place : [...place, state, reason],
      );
      return rows.map(byMessage);
    });
  }

  /** By message. */
  async countOfMessages(
    messageIds: readonly string[],
    { gateway = null, state = null, reason = null }: NullableFilter,
  ): Promise<Map<string, number>> {
    const parameters = [messageIds, gateway, state];
    const rows =
      reason === null
        ? await this.dataSource.query<Total[]>(countDeliveriesStatement, parameters)
        : await this.dataSource.query<Total[]>(countByReasonStatement, [...parameters, reason]);
    return totalsOf(messageIds, rows);
  }

  /** By device, of the newest message first. */
  async ofDevices(
    deviceIds: readonly string[],
    { gateway = null, state = null, reason = null }: NullableFilter,
    page: PageRequest<SendingPosition>,
  ): Promise<Map<string, Page<Placed<Delivery>>>> {
    return readPages(deviceIds, page, async (limit) => {
      const rows = await this.dataSource.query<{ at: string }[]>(deliveriesOfDevicesStatement, [
        deviceIds,
        limit,
        gateway,
        ...positionParameters(page.after),
        state,
        reason,
      ]);
      return rows.map((row) => {
        const delivery = deliveryRows.read(row);
        return [delivery.deviceId, Object.assign(delivery, { at: row.at })] as const;
      });
    });
  }

  /** By device. */
  async countOfDevices(
    deviceIds: readonly string[],
    { gateway = null, state = null, reason = null }: NullableFilter,
  ): Promise<Map<string, number>> {
    const parameters = [deviceIds, gateway, state, reason];
    const rows = await this.dataSource.query<Total[]>(
      countDeliveriesOfDevicesStatement,
      parameters,
    );
    return totalsOf(deviceIds, rows);
  }

  /** By message, those to the devices that the user uses now, and to nobody else's. */
  async toUser(userId: string, messageIds: readonly string[]): Promise<Map<string, Delivery[]>> {
    const parameters = [messageIds, userId];
    const rows = await this.dataSource.query<object[]>(deliveriesToUserStatement, parameters);
    return listsBy(messageIds, rows, byMessage);
  }

  /** The delivery's id for ever. */
  idOf(delivery: Delivery): string {
    return new DeliveryIds(delivery.messageId).of(delivery.deviceId);
  }
}

interface Total {
  readonly id: string;
  readonly total: number;
}

type NullableFilter = { readonly [Member in keyof DeliveryFilter]?: DeliveryFilter[Member] | null };

function byMessage(row: object): readonly [string, Delivery] {
  const delivery = deliveryRows.read(row);
  return [delivery.messageId, delivery];
}

const totalsOf = (parents: readonly string[], rows: readonly Total[]) =>
  oneBy(parents, rows, ({ id, total }) => [id, total], 0);
