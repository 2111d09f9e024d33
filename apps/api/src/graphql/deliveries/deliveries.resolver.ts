import { CampaignsService, NotificationsService } from '@app/campaigns';
import type { Actor } from '@app/core';
import { type Delivery, DeliveryLists } from '@app/delivery';
import { DevicesService } from '@app/devices';
import { Args, Context, ID, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { PageArgs } from '../kit/connection';
import { InvalidInputError } from '../../http/invalid-input.error';
import type { RequestLoaders } from '../kit/loaders';
import { deliveriesOfDevice, deliveriesOfMessage } from './delivery-pages';
import { DeliveryFilterInput } from './delivery.input';
import { DeliveryConnection, type DeliveryPage, DeliveryType } from './delivery.type';

@Resolver(() => DeliveryType)
export class DeliveriesResolver {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly notifications: NotificationsService,
    private readonly devices: DevicesService,
    private readonly deliveries: DeliveryLists,
  ) {}

  @Allow('campaigns:read', 'messages:send')
  @Query(() => DeliveryConnection, {
    name: 'deliveries',
    description:
      'What became of the deliveries of a campaign or a notification, APNs first, or of those to a device, newest first.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args('filter', { description: 'Which ones.' }) filter: DeliveryFilterInput,
    @Args() page: PageArgs,
    @Context('loaders') loaders: RequestLoaders,
  ): Promise<DeliveryPage> {
    const { campaignId, notificationId, deviceId, gateway, state, reason } = filter;
    if ([campaignId, notificationId, deviceId].filter((id) => id !== undefined).length !== 1) {
      throw new InvalidInputError(
        'filter',
        'wants a campaignId, a notificationId or a deviceId, exactly one of them',
      );
    }
    const conditions = { gateway, state, reason };
    if (deviceId !== undefined) {
      const { id } = await this.devices.get(actor, deviceId);
      return deliveriesOfDevice(loaders, id, conditions, page);
    }
    const { message } =
      campaignId === undefined
        ? await this.notifications.get(actor, notificationId ?? '')
        : await this.campaigns.get(actor, campaignId);
    return deliveriesOfMessage(loaders, message.id, conditions, page);
  }

  @ResolveField(() => ID, {
    description: 'A UUID, the same for ever: the apns-id under which the gateway knows it.',
  })
  id(delivery: Delivery): string {
    return this.deliveries.idOf(delivery);
  }
}
