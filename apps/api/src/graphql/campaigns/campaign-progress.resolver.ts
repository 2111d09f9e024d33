import { type Campaign, CampaignsService } from '@app/campaigns';
import type { Actor } from '@app/core';
import { isOver, type Lane, type Progress, TopReasons } from '@app/delivery';
import { Args, ID, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { NumericIdPipe } from '../../http/numeric-id';
import type { RequestContext } from '../kit/request-context';
import { LaneType } from '../lanes/lane.type';
import { DeliveryReasonType } from '../messages/message.type';
import { CampaignProgressType } from './campaign-progress.type';
import { CampaignType } from './campaign.type';

interface CampaignProgress extends Progress {
  readonly campaignId: number;
}

@Resolver(() => CampaignProgressType)
export class CampaignProgressResolver {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly topReasons: TopReasons,
  ) {}

  @Allow('campaigns:read')
  @Subscription(() => CampaignProgressType, {
    description:
      'How far a campaign is: now, and at each change, twice a second at most. Ends when its last delivery has its final state.',
    resolve: (progress: Progress, { id }: { id: string }): CampaignProgress => ({
      ...progress,
      campaignId: Number(id),
    }),
  })
  campaignProgress(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'The campaign.' }, NumericIdPipe) id: number,
  ): Promise<AsyncIterable<Progress>> {
    return this.campaigns.follow(actor, id);
  }

  @Allow('campaigns:read')
  @ResolveField(() => CampaignType, { description: 'The campaign.' })
  campaign(
    { campaignId }: CampaignProgress,
    _: unknown,
    { actor }: RequestContext,
  ): Promise<Campaign> {
    return this.campaigns.get(actor, campaignId);
  }

  @ResolveField(() => [DeliveryReasonType], {
    description:
      'The ten most frequent reasons why deliveries are not accepted, at most five seconds old.',
  })
  reasons(progress: CampaignProgress): Promise<DeliveryReasonType[]> {
    return this.topReasons.of(progress.messageId, isOver(progress));
  }

  @Allow('applications:read')
  @ResolveField(() => [LaneType], {
    description:
      "The lanes of the campaign's application, APNs first: what slows it down or stops it.",
  })
  lanes({ lanes }: CampaignProgress): readonly Lane[] {
    return lanes;
  }
}
