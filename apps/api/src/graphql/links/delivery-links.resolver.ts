import { Campaign, type Notification } from '@app/campaigns';
import type { Delivery } from '@app/delivery';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { DeliveryType } from '../deliveries/delivery.type';
import { DeviceType } from '../devices/device.type';
import type { RequestContext } from '../kit/request-context';
import { SendingType } from '../messages/sending.type';

/** Leads from a delivery to its device and to the campaign or notification that it is a part of. */
@Resolver(() => DeliveryType)
export class DeliveryLinksResolver {
  @Allow('devices:read')
  @ResolveField(() => DeviceType, {
    nullable: true,
    description: 'The device; null when it was removed since.',
  })
  device(
    { deviceId }: Delivery,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<DeviceType | null> {
    return loaders.devices.load(deviceId);
  }

  @Allow('campaigns:read', 'messages:send')
  @ResolveField(() => SendingType, {
    nullable: true,
    description:
      'The campaign or the notification that it belongs to; null once that is removed, and for a campaign without `campaigns:read`.',
  })
  async sending(
    { messageId }: Delivery,
    _: unknown,
    { actor, loaders }: RequestContext,
  ): Promise<Campaign | Notification | null> {
    const sending = await loaders.sendings.load(messageId);
    const isHidden = sending instanceof Campaign && !actor.permissions.has('campaigns:read');
    return isHidden ? null : sending;
  }
}
