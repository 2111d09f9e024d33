import {
  AudiencesService,
  type Campaign,
  CampaignLists,
  CampaignNotFoundError,
  CampaignsService,
} from '@app/campaigns';
import type { Actor } from '@app/core';
import {
  Args,
  Context,
  Directive,
  ID,
  Int,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connectCounted, type CountedConnection, PageArgs } from '../kit/connection';
import { audienceCursor, sendingCursor } from '../kit/cursors';
import { costOfSize } from '../kit/declared-costs';
import { itemErrorOf } from '../kit/item-error.type';
import type { RequestLoaders } from '../kit/loaders';
import type { RequestContext } from '../kit/request-context';
import { NumericIdPipe } from '../../http/numeric-id';
import { NotificationType } from '../notifications/notification.type';
import {
  CampaignFilterInput,
  CampaignsArgs,
  CreateCampaignInput,
  UpdateCampaignInput,
} from './campaign.input';
import {
  CampaignConnection,
  CampaignType,
  CampaignUserConnection,
  type CampaignUserType,
} from './campaign.type';
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
    private readonly lists: CampaignLists,
  ) {}

  @Allow('campaigns:read')
  @Query(() => CampaignType, { nullable: true, description: 'One campaign.' })
  campaign(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<CampaignType> {
    return this.campaigns.get(actor, id);
  }

  @Allow('campaigns:read')
  @Query(() => CampaignConnection, {
    name: 'campaigns',
    description: 'The campaigns that the caller may see, newest first.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() { orderBy, ...page }: CampaignsArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    { applicationId, states }: CampaignFilterInput = {},
  ): Promise<CountedConnection<CampaignType>> {
    const filter = { applicationId, states: states && [...new Set(states)] };
    return connectCounted(
      await this.lists.list(actor, filter, orderBy, sendingCursor.requestOf(page)),
      sendingCursor,
      () => this.lists.count(actor, filter),
    );
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
  @Mutation(() => CampaignType, { description: 'Changes the name of a draft, or what it says.' })
  updateCampaign(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Args('input', { description: 'What changes.' }) { name, message }: UpdateCampaignInput,
  ): Promise<CampaignType> {
    return this.campaigns.update(actor, id, {
      ...(name !== undefined && { name }),
      ...(message !== undefined && { content: message.content, personal: message.personal }),
    });
  }

  @Allow('campaigns:write')
  @Mutation(() => CampaignType, {
    description:
      'Deletes a campaign with its audience and deliveries. One that is under way is cancelled first. Returns it as it was.',
  })
  async deleteCampaign(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
  ): Promise<CampaignType> {
    const campaign = await this.campaigns.remove(actor, id);
    if (campaign === null) throw new CampaignNotFoundError(id);
    return campaign;
  }

  @Allow('campaigns:write')
  @Mutation(() => AddCampaignUsersPayload, {
    description:
      'Adds users to the audience of a draft; who is in it already stays in it once. An id that is wrong is answered so and hinders nobody else. For more than 10000 there is POST /upload/campaigns/{id}/users.',
  })
  async addCampaignUsers(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Args() { userIds, emails }: UserListArgs,
  ): Promise<AddCampaignUsersPayload> {
    const { users, ...added } = await this.audiences.add(actor, id, userIds, emails);
    const answered = users.map(({ error, ...user }) => ({
      ...user,
      ...(error !== undefined && { error: itemErrorOf(error) }),
    }));
    return { ...added, users: answered };
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
  @Mutation(() => NotificationType, {
    description:
      'Sends what a campaign says to one user, never silent or personal. The campaign does not change.',
  })
  sendTestCampaign(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Args('userId', { type: () => String, description: 'The user; not of the audience perforce.' })
    userId: string,
  ): Promise<NotificationType> {
    return this.campaigns.sendTest(actor, id, userId);
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

  @Directive(costOfSize)
  @ResolveField(() => Int, { description: 'How many users its audience has, all counted.' })
  users({ id }: Campaign, _: unknown, { loaders }: RequestContext): Promise<number> {
    return loaders.audienceSizes.load(id);
  }

  @Allow('campaigns:read')
  @ResolveField(() => CampaignUserConnection, { description: 'Its audience, by user.' })
  async audience(
    @Parent() { id }: Campaign,
    @Args() page: PageArgs,
    @Context('loaders') { audiences, audienceCounts }: RequestLoaders,
  ): Promise<CountedConnection<CampaignUserType>> {
    const query = audienceCursor.requestOf(page);
    return connectCounted(await audiences.load({ parent: id, query }), audienceCursor, () =>
      audienceCounts.load(id),
    );
  }
}
