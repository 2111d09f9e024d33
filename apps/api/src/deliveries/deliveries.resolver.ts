import { CampaignsService, NotificationsService } from '@app/campaigns';
import type { Actor } from '@app/core';
import { DeliveriesService, type Delivery, type Message } from '@app/delivery';
import { Args, Context, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { DeviceType } from '../devices/device.type';
import { PageArgs } from '../graphql/connection';
import { InvalidInputError } from '../graphql/invalid-input.error';
import type { RequestLoaders } from '../graphql/loaders';
import { DeliveryPages } from './delivery-pages';
import { DeliveryFilterInput } from './delivery.input';
import { DeliveryConnection, type DeliveryPage, DeliveryType } from './delivery.type';

@Resolver(() => DeliveryType)
export class DeliveriesResolver {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly notifications: NotificationsService,
    private readonly deliveries: DeliveriesService,
    private readonly pages: DeliveryPages,
  ) {}

  @Allow('campaigns:read', 'messages:send')
  @Query(() => DeliveryConnection, {
    name: 'deliveries',
    description: 'What became of the deliveries of a campaign or a notification, APNs first.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args('filter', { description: 'Which ones.' }) filter: DeliveryFilterInput,
    @Args() page: PageArgs,
  ): Promise<DeliveryPage> {
    const { gateway, state } = filter;
    const message = await this.messageOf(actor, filter);
    const conditions = { ...(gateway && { gateway }), ...(state && { state }) };
    return this.pages.list({ message, ...conditions }, page);
  }

  @ResolveField(() => ID, {
    description: 'A UUID, the same for ever: the apns-id under which the gateway knows it.',
  })
  id(@Parent() delivery: Delivery): string {
    return this.deliveries.idOf(delivery);
  }

  @Allow('devices:read')
  @ResolveField(() => DeviceType, {
    nullable: true,
    description: 'The device; null when it was removed since.',
  })
  device(
    @Parent() { deviceId }: Delivery,
    @Context('loaders') { devices }: RequestLoaders,
  ): Promise<DeviceType | null> {
    return devices.load(deviceId);
  }

  private async messageOf(
    actor: Actor,
    { campaignId, notificationId }: DeliveryFilterInput,
  ): Promise<Message> {
    if (campaignId !== undefined && notificationId === undefined) {
      return (await this.campaigns.get(actor, campaignId)).message;
    }
    if (notificationId !== undefined && campaignId === undefined) {
      return (await this.notifications.get(actor, notificationId)).message;
    }
    throw new InvalidInputError(
      'filter',
      'wants a campaignId or a notificationId, exactly one of them',
    );
  }
}
