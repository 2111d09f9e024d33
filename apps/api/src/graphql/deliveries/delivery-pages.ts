import type { Delivery, DeliveryFilter } from '@app/delivery';
import { connectCounted, type CountedConnection, type PageArgs } from '../kit/connection';
import { deliveryCursor, sendingCursor } from '../kit/cursors';
import type { RequestLoaders } from '../kit/loaders';

/** Reads a page of a message's deliveries, together with those of other messages. */
export async function deliveriesOfMessage(
  { deliveries, deliveryCounts }: RequestLoaders,
  messageId: string,
  filter: DeliveryFilter,
  args: PageArgs,
): Promise<CountedConnection<Delivery>> {
  const page = deliveryCursor.requestOf(args);
  return connectCounted(
    await deliveries.load({ parent: messageId, query: { filter, page } }),
    deliveryCursor,
    () => deliveryCounts.load({ parent: messageId, query: filter }),
  );
}

/** Reads a page of a device's deliveries, together with those of other devices. */
export async function deliveriesOfDevice(
  { deviceDeliveries, deviceDeliveryCounts }: RequestLoaders,
  deviceId: string,
  filter: DeliveryFilter,
  args: PageArgs,
): Promise<CountedConnection<Delivery>> {
  const page = sendingCursor.requestOf(args);
  return connectCounted(
    await deviceDeliveries.load({ parent: deviceId, query: { filter, page } }),
    sendingCursor,
    () => deviceDeliveryCounts.load({ parent: deviceId, query: filter }),
  );
}
