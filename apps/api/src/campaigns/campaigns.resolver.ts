import { AudiencesService, type Campaign, CampaignsService } from '@app/campaigns';
import type { Actor } from '@app/core';
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
import { Allow } from '../access/allow';
import { CurrentActor } from '../access/current-actor';
import { type Page, PageArgs, pageOf } from '../graphql/connection';
import { decodeCursor, encodeCursor } from '../graphql/cursor';
import type { RequestLoaders } from '../graphql/loaders';
import { numericId, NumericIdPipe } from '../graphql/numeric-id';
import { DateTime } from '../graphql/scalars';
import { CreateCampaignInput } from './campaign.input';
import { CampaignConnection, CampaignType } from './campaign.type';
import {
  AddCampaignUsersPayload,
  RemoveCampaignUsersPayload,
  UserListArgs,
} from './campaign-users';

const CampaignId = () =>
  Args('id', { type: () => ID, description: 'The campaign.' }, NumericIdPipe);

@Resolver(() => CampaignType)
export class CampaignsResolver {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly audiences: AudiencesService,
  ) {}

  @Allow('campaigns:read')
  @Query(() => CampaignType, { nullable: true, description: 'One campaign.' })
  campaign(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.get(actor, id);
  }

  @Allow('campaigns:read')
  @Query(() => CampaignConnection, {
    name: 'campaigns',
    description: 'All campaigns, oldest first.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() { first, after }: PageArgs,
  ): Promise<Page<CampaignType>> {
    const rows = await this.campaigns.list(
      actor,
      first + 1,
      after === undefined ? undefined : idIn(after),
    );
    return pageOf(rows, first, ({ id }) => encodeCursor(`campaign:${id}`));
  }

  @Allow('campaigns:write')
  @Mutation(() => CampaignType, { description: 'Creates a campaign as a draft without audience.' })
  createCampaign(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'What it is.' }) input: CreateCampaignInput,
  ): Promise<CampaignType> {
    return this.campaigns.create(actor, input);
  }

  @Allow('campaigns:write')
  @Mutation(() => AddCampaignUsersPayload, {
    description: 'Adds users to the audience of a draft; who is in it already stays in it once.',
  })
  async addCampaignUsers(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Args() { userIds, emails }: UserListArgs,
  ): Promise<AddCampaignUsersPayload> {
    return this.audiences.add(actor, id, userIds, emails);
  }

  @Allow('campaigns:write')
  @Mutation(() => RemoveCampaignUsersPayload, {
    description: 'Takes users out of the audience of a draft; who is not in it is fine.',
  })
  async removeCampaignUsers(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Args() { userIds, emails }: UserListArgs,
  ): Promise<RemoveCampaignUsersPayload> {
    return this.audiences.exclude(actor, id, userIds, emails);
  }

  @Allow('campaigns:send')
  @Mutation(() => CampaignType, {
    description: 'Freezes the audience of a draft into deliveries and starts to send them.',
  })
  launchCampaign(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.launch(actor, id);
  }

  @Allow('campaigns:send')
  @Mutation(() => CampaignType, { description: 'Stops a running campaign until it is resumed.' })
  pauseCampaign(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.pause(actor, id);
  }

  @Allow('campaigns:send')
  @Mutation(() => CampaignType, { description: 'Goes on with a paused campaign.' })
  resumeCampaign(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.resume(actor, id);
  }

  @Allow('campaigns:send')
  @Mutation(() => CampaignType, {
    description: 'Ends a launched campaign for good; what was not sent is skipped.',
  })
  cancelCampaign(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.cancel(actor, id);
  }

  @ResolveField(() => DateTime, { nullable: true, description: 'When it was launched.' })
  launchedAt(@Parent() { message }: Campaign): Date | null {
    return message.launchedAt;
  }

  @ResolveField(() => Int, { description: 'How many users its audience has.' })
  users(
    @Parent() { id }: Campaign,
    @Context('loaders') { users }: RequestLoaders,
  ): Promise<number> {
    return users.load(id);
  }
}

function idIn(cursor: string): number {
  return numericId('after', decodeCursor(cursor, /^campaign:(\d+)$/)[1]);
}
