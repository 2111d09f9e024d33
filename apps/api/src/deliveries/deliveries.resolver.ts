import { CampaignsService, NotificationsService } from '@app/campaigns';
import { DeliveriesService, type Delivery } from '@app/delivery';
import { Args, Context, ID, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
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

  @Query(() => DeliveryConnection, {
    name: 'deliveries',
    description: 'What became of the deliveries of a campaign or a notification, APNs first.',
  })
  async list(
    @Args('filter', { description: 'Which ones.' }) filter: DeliveryFilterInput,
    @Args() page: PageArgs,
  ): Promise<DeliveryPage> {
    const { gateway, state } = filter;
    const messageId = await this.messageIdOf(filter);
    const conditions = { ...(gateway && { gateway }), ...(state && { state }) };
    return this.pages.list({ messageId, ...conditions }, page);
  }

  @ResolveField(() => ID, {
    description: 'A UUID, the same for ever: the apns-id under which the gateway knows it.',
  })
  id(@Parent() delivery: Delivery): string {
    return this.deliveries.idOf(delivery);
  }

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

  private async messageIdOf({ campaignId, notificationId }: DeliveryFilterInput): Promise<string> {
    if (campaignId !== undefined && notificationId === undefined) {
      return (await this.campaigns.get(campaignId)).messageId;
    }
    if (notificationId !== undefined && campaignId === undefined) {
      return (await this.notifications.get(notificationId)).id;
    }
    throw new InvalidInputError(
      'filter',
      'wants a campaignId or a notificationId, exactly one of them',
    );
  }
}
