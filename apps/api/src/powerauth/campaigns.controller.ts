import { AudiencesService, type CampaignInput, CampaignsService } from '@app/campaigns';
import type { Actor } from '@app/core';
import { z } from 'zod';
import { CurrentActor } from '../access/current-actor';
import { readCreateCampaign, readTestUser, readUsers } from './campaign-requests';
import { campaignView } from './campaign.view';
import {
  CampaignDetail,
  CampaignUsers,
  CreateCampaign,
  CreatedCampaign,
  DeletedCampaign,
  TestCampaign,
  Users,
} from './models';
import { Paged } from './protocol/envelope';
import { PowerAuthController } from './protocol/powerauth-controller';
import { CampaignId, PageOf, Read, WantsAll } from './protocol/request-params';
import type { Page } from './protocol/request-params';
import { Route } from './protocol/route';

@PowerAuthController('push/campaign', {
  APPLICATION_NOT_FOUND: 'Application with given ID does not exist',
  CAMPAIGN_NOT_FOUND: 'Campaign with entered ID does not exist',
})
export class PowerAuthCampaignsController {
  constructor(
    private readonly campaigns: CampaignsService,
    private readonly audiences: AudiencesService,
  ) {}

  @Route(['POST'], ['create'], {
    allow: 'campaigns:write',
    summary: 'Create a campaign',
    request: CreateCampaign,
    response: CreatedCampaign,
  })
  async create(
    @CurrentActor() actor: Actor,
    @Read(readCreateCampaign) campaign: CampaignInput,
  ): Promise<z.infer<typeof CreatedCampaign>> {
    const { id } = await this.campaigns.create(actor, campaign);
    return { id };
  }

  @Route(['DELETE', 'POST'], [':id/delete'], {
    allow: 'campaigns:write',
    summary: 'Delete a campaign with its users',
    response: DeletedCampaign,
  })
  async remove(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
  ): Promise<z.infer<typeof DeletedCampaign>> {
    return { deleted: (await this.campaigns.remove(actor, id)) !== null };
  }

  @Route(['GET'], [':id/detail'], {
    allow: 'campaigns:read',
    summary: 'Get a campaign',
    response: CampaignDetail,
  })
  async detail(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
  ): Promise<z.infer<typeof CampaignDetail>> {
    return campaignView(await this.campaigns.get(actor, id));
  }

  @Route(['GET'], ['list'], {
    allow: 'campaigns:read',
    summary: 'List the campaigns that are not sent, or all',
    query: { all: z.boolean() },
    response: z.array(CampaignDetail),
  })
  async list(
    @CurrentActor() actor: Actor,
    @WantsAll() all: boolean,
  ): Promise<z.infer<typeof CampaignDetail>[]> {
    return (await this.campaigns.listAll(actor, !all)).map(campaignView);
  }

  @Route(['PUT', 'POST'], [':id/user/add'], {
    allow: 'campaigns:write',
    summary: "Add users to a campaign's audience",
    request: Users,
  })
  async addUsers(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Read(readUsers) users: string[],
  ): Promise<void> {
    await this.audiences.addAnytime(actor, id, users);
  }

  @Route(['GET'], [':id/user/list'], {
    allow: 'campaigns:read',
    summary: "List a campaign's audience, page by page",
    query: { page: z.int().min(0).default(0), size: z.int().min(1).max(2000).default(20) },
    response: CampaignUsers,
    paged: true,
  })
  async listUsers(
    @CurrentActor() actor: Actor,
    @CampaignId() campaignId: number,
    @PageOf() { page, size }: Page,
  ): Promise<Paged> {
    const users = await this.audiences.page(actor, campaignId, page * size, size);
    return new Paged({ campaignId, users } satisfies z.infer<typeof CampaignUsers>, page, size);
  }

  @Route(['DELETE', 'POST'], [':id/user/delete'], {
    allow: 'campaigns:write',
    summary: "Remove users from a campaign's audience",
    request: Users,
  })
  async removeUsers(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Read(readUsers) users: string[],
  ): Promise<void> {
    await this.audiences.remove(actor, id, users);
  }

  @Route(['POST'], ['send/test/:id'], {
    allow: 'campaigns:send',
    summary: 'Send a campaign to one user, without counting it as sent',
    request: TestCampaign,
  })
  async sendTest(
    @CurrentActor() actor: Actor,
    @CampaignId() id: number,
    @Read((body: unknown) => body) body: unknown,
  ): Promise<void> {
    await this.campaigns.get(actor, id, 'campaigns:send'); // refused before the request is
    await this.campaigns.sendTest(actor, id, readTestUser(body));
  }

  @Route(['POST'], ['send/live/:id'], {
    allow: 'campaigns:send',
    summary: 'Send a campaign to its audience',
  })
  async sendLive(@CurrentActor() actor: Actor, @CampaignId() id: number): Promise<void> {
    await this.campaigns.launchLive(actor, id);
  }
}
