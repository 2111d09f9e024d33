import { type Campaign, CampaignsService } from '@app/campaigns';
import { type MessageState, Messages } from '@app/delivery';
import {
  Args,
  Context,
  ID,
  Int,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { ApplicationType } from '../applications/application.type';
import { DeliveryPages } from '../deliveries/delivery-pages';
import { type DeliveryPage, DeliveryConnection } from '../deliveries/delivery.type';
import { type Page, PageArgs, pageOf } from '../graphql/connection';
import { decodeCursor, encodeCursor } from '../graphql/cursor';
import { MessageStateEnum } from '../graphql/enums';
import type { RequestLoaders } from '../graphql/loaders';
import { numericId, NumericIdPipe } from '../graphql/numeric-id';
import { DateTime } from '../graphql/scalars';
import { DeliveryCountsType, MessageType, messageView } from '../messages/message.type';
import { CreateCampaignInput } from './campaign.input';
import { CampaignConnection, CampaignType, DeliveryReasonType } from './campaign.type';

const CampaignId = () =>
  Args('id', { type: () => ID, description: 'The campaign.' }, NumericIdPipe);

@Resolver(() => CampaignType)
export class CampaignsResolver {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly messages: Messages,
    private readonly deliveryPages: DeliveryPages,
  ) {}

  @Query(() => CampaignType, { nullable: true, description: 'One campaign.' })
  campaign(@CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.get(id);
  }

  @Query(() => CampaignConnection, {
    name: 'campaigns',
    description: 'All campaigns, oldest first.',
  })
  async list(@Args() { first, after }: PageArgs): Promise<Page<CampaignType>> {
    const rows = await this.campaigns.list(
      first + 1,
      after === undefined ? undefined : idIn(after),
    );
    return pageOf(rows, first, ({ id }) => encodeCursor(`campaign:${id}`));
  }

  @Mutation(() => CampaignType, { description: 'Creates a campaign as a draft without audience.' })
  createCampaign(
    @Args('input', { description: 'What it is.' }) input: CreateCampaignInput,
  ): Promise<CampaignType> {
    return this.campaigns.create(input);
  }

  @Mutation(() => CampaignType, {
    description: 'Adds users to the audience of a draft; who is in it already stays in it once.',
  })
  async addCampaignUsers(
    @CampaignId() id: number,
    @Args('userIds', { type: () => [String], description: 'From 1 to 10000 users.' })
    userIds: string[],
  ): Promise<CampaignType> {
    await this.campaigns.addUsers(id, userIds);
    return this.campaigns.get(id);
  }

  @Mutation(() => CampaignType, {
    description: 'Freezes the audience of a draft into deliveries and starts to send them.',
  })
  launchCampaign(@CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.launch(id);
  }

  @Mutation(() => CampaignType, { description: 'Stops a running campaign until it is resumed.' })
  pauseCampaign(@CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.pause(id);
  }

  @Mutation(() => CampaignType, { description: 'Goes on with a paused campaign.' })
  resumeCampaign(@CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.resume(id);
  }

  @Mutation(() => CampaignType, {
    description: 'Ends a launched campaign for good; what was not sent is skipped.',
  })
  cancelCampaign(@CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.cancel(id);
  }

  @ResolveField(() => ApplicationType, { description: 'The application whose devices get it.' })
  application(
    @Parent() { message }: Campaign,
    @Context('loaders') { applications }: RequestLoaders,
  ): Promise<ApplicationType | null> {
    return applications.load(message.applicationId);
  }

  @ResolveField(() => MessageType, { description: 'What it sends.' })
  message(@Parent() { message }: Campaign): MessageType {
    return messageView(message);
  }

  @ResolveField(() => MessageStateEnum, { description: 'How far it is.' })
  state(@Parent() { message }: Campaign): MessageState {
    return message.state;
  }

  @ResolveField(() => DateTime, { nullable: true, description: 'When it was launched.' })
  launchedAt(@Parent() { message }: Campaign): Date | null {
    return message.launchedAt;
  }

  @ResolveField(() => DateTime, {
    nullable: true,
    description: 'When its last delivery got its final state.',
  })
  completedAt(@Parent() { message }: Campaign): Date | null {
    return message.completedAt;
  }

  @ResolveField(() => Int, { description: 'How many users its audience has.' })
  users(
    @Parent() { id }: Campaign,
    @Context('loaders') { users }: RequestLoaders,
  ): Promise<number> {
    return users.load(id);
  }

  @ResolveField(() => DeliveryCountsType, { description: 'How many deliveries are in each state.' })
  counts(
    @Parent() { message }: Campaign,
    @Context('loaders') { counts }: RequestLoaders,
  ): Promise<DeliveryCountsType> {
    return counts.load(message.id);
  }

  @ResolveField(() => [DeliveryReasonType], {
    description: 'Why deliveries are not accepted, most frequent first.',
  })
  reasons(@Parent() { message }: Campaign): Promise<DeliveryReasonType[]> {
    return this.messages.reasons(message.id);
  }

  @ResolveField(() => DeliveryConnection, { description: 'Its deliveries, APNs first.' })
  deliveries(@Parent() { message }: Campaign, @Args() page: PageArgs): Promise<DeliveryPage> {
    return this.deliveryPages.list({ messageId: message.id }, page);
  }
}

function idIn(cursor: string): number {
  return numericId('after', decodeCursor(cursor, /^campaign:(\d+)$/)[1]);
}
