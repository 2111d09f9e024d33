import { type Gateway, gateways } from '@app/core';
import type { Delivery, DeliveryFilter, DeliveryPosition } from '@app/delivery';
import { type CountedPage, countedPageOf, type PageArgs, placedPageOf } from '../kit/connection';
import { decodeCursor, encodeCursor } from '../kit/cursor';
import type { RequestLoaders } from '../kit/loaders';
import { sendingCursor, sendingPosition } from '../kit/sending-cursor';

/** A page of a message's deliveries, read together with those of other messages. */
export async function deliveriesOfMessage(
  { deliveries, deliveryCounts }: RequestLoaders,
  messageId: string,
  filter: DeliveryFilter,
  { first, after }: PageArgs,
): Promise<CountedPage<Delivery>> {
  const page = { first: first + 1, after: positionIn(after) };
  return countedPageOf(
    await deliveries.load({ parent: messageId, query: { filter, page } }),
    first,
    ({ gateway, seq }) => encodeCursor(`${gateway}:${seq}`),
    () => deliveryCounts.load({ parent: messageId, query: filter }),
  );
}

/** A page of a device's deliveries, read together with those of other devices. */
export async function deliveriesOfDevice(
  { deviceDeliveries, deviceDeliveryCounts }: RequestLoaders,
  deviceId: string,
  filter: DeliveryFilter,
  { first, after }: PageArgs,
): Promise<CountedPage<Delivery>> {
  const page = { first: first + 1, after: sendingPosition(after) };
  return placedPageOf(
    await deviceDeliveries.load({ parent: deviceId, query: { filter, page } }),
    first,
    sendingCursor,
    () => deviceDeliveryCounts.load({ parent: deviceId, query: filter }),
  );
}

const positionForm = new RegExp(`^(${gateways.join('|')}):(\\d{1,9})$`);

function positionIn(cursor: string | undefined): DeliveryPosition | undefined {
  if (cursor === undefined) return undefined;
  const [, gateway, seq] = decodeCursor(cursor, positionForm);
  return { gateway: gateway as Gateway, seq: Number(seq) };
}
