import type { Gateway, PageRequest } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  chosenDeliveriesStatement,
  countByReasonStatement,
  countDeliveriesOfDevicesStatement,
  countDeliveriesStatement,
  deliveriesOfDevicesStatement,
  deliveriesStatement,
  deliveriesToUserStatement,
} from './delivery-list.statements';
import { Delivery, type DeliveryState } from './delivery.entity';
import { DeliveryIds } from './delivery-id';
import { type Placed, positionParameters, type SendingPosition } from './sending-position';

/** Which deliveries of a message or a device; what is absent does not matter. */
export interface DeliveryFilter {
  readonly gateway?: Gateway | undefined;
  readonly state?: DeliveryState | undefined;
  readonly reason?: string | undefined;
}

/** A place among the deliveries of a message. */
export interface DeliveryPosition {
  readonly gateway: Gateway;
  readonly seq: number;
}

/**
 * Reads what became of deliveries, of many messages or devices in one statement. Nobody's permission is asked here:
 * whoever has a message got it from the service of its campaign or notification, which did, and a device likewise.
 */
@Injectable()
export class DeliveriesService {
  constructor(private readonly dataSource: DataSource) {}

  /** By message, in the order of planning, APNs first. */
  async ofMessages(
    messageIds: readonly string[],
    { gateway = null, state = null, reason = null }: NullableFilter,
    { first, after }: PageRequest<DeliveryPosition>,
  ): Promise<Map<string, Delivery[]>> {
    const place = [messageIds, first, gateway, after?.gateway ?? null, after?.seq ?? null];
    const rows =
      state === null && reason === null
        ? await this.dataSource.query<Delivery[]>(deliveriesStatement, place)
        : await this.dataSource.query<Delivery[]>(chosenDeliveriesStatement, [
            ...place,
            state,
            reason,
          ]);
    return listsOf(messageIds, rows, (row) => row.messageId);
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
    { first, after }: PageRequest<SendingPosition>,
  ): Promise<Map<string, Placed<Delivery>[]>> {
    const rows = await this.dataSource.query<(Delivery & { readonly at: string })[]>(
      deliveriesOfDevicesStatement,
      [deviceIds, first, gateway, ...positionParameters(after), state, reason],
    );
    const placed = rows.map(({ at, ...delivery }) => ({
      node: delivery,
      position: { at, messageId: delivery.messageId },
    }));
    return listsOf(deviceIds, placed, ({ node }) => node.deviceId);
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
    const rows = await this.dataSource.query<Delivery[]>(deliveriesToUserStatement, parameters);
    return listsOf(messageIds, rows, (row) => row.messageId);
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

function listsOf<Row>(
  parents: readonly string[],
  rows: readonly Row[],
  parentOf: (row: Row) => string,
): Map<string, Row[]> {
  const lists = new Map(parents.map((parent): [string, Row[]] => [parent, []]));
  for (const row of rows) lists.get(parentOf(row))?.push(row);
  return lists;
}

function totalsOf(parents: readonly string[], rows: readonly Total[]): Map<string, number> {
  const counted = new Map(rows.map(({ id, total }) => [id, total]));
  return new Map(parents.map((parent) => [parent, counted.get(parent) ?? 0]));
}
