import { type CampaignInput, CampaignsService } from '@app/campaigns';
import { z } from 'zod';
import { readCreateCampaign, readTestUser, readUsers } from './campaign-requests';
import { campaignView } from './campaign.view';
import { Paged } from './envelope';
import {
  CampaignDetail,
  CampaignUsers,
  CreateCampaign,
  CreatedCampaign,
  DeletedCampaign,
  TestCampaign,
  Users,
} from './models';
import { PowerAuthController } from './powerauth-controller';
import { CampaignId, PageOf, Read, WantsAll } from './request-params';
import type { Page } from './request-params';
import { Route } from './route';

@PowerAuthController('push/campaign', {
  APPLICATION_NOT_FOUND: 'Application with given ID does not exist',
  CAMPAIGN_NOT_FOUND: 'Campaign with entered ID does not exist',
})
export class PowerAuthCampaignsController {
  constructor(private readonly campaigns: CampaignsService) {}

  @Route(['POST'], ['create'], {
    summary: 'Create a campaign',
    request: CreateCampaign,
    response: CreatedCampaign,
  })
  async create(
    @Read(readCreateCampaign) campaign: CampaignInput,
  ): Promise<z.infer<typeof CreatedCampaign>> {
    const { id } = await this.campaigns.create(campaign);
    return { id };
  }

  @Route(['DELETE', 'POST'], [':id/delete'], {
    summary: 'Delete a campaign with its users',
    response: DeletedCampaign,
  })
  async remove(@CampaignId() id: number): Promise<z.infer<typeof DeletedCampaign>> {
    return { deleted: await this.campaigns.remove(id) };
  }

  @Route(['GET'], [':id/detail'], { summary: 'Get a campaign', response: CampaignDetail })
  async detail(@CampaignId() id: number): Promise<z.infer<typeof CampaignDetail>> {
    return campaignView(await this.campaigns.get(id));
  }

  @Route(['GET'], ['list'], {
    summary: 'List the campaigns that are not sent, or all',
    query: { all: z.boolean() },
    response: z.array(CampaignDetail),
  })
  async list(@WantsAll() all: boolean): Promise<z.infer<typeof CampaignDetail>[]> {
    return (await this.campaigns.listAll(!all)).map(campaignView);
  }

  @Route(['PUT', 'POST'], [':id/user/add'], {
    summary: "Add users to a campaign's audience",
    request: Users,
  })
  async addUsers(@CampaignId() id: number, @Read(readUsers) users: string[]): Promise<void> {
    await this.campaigns.addUsersAnytime(id, users);
  }

  @Route(['GET'], [':id/user/list'], {
    summary: "List a campaign's audience, page by page",
    query: { page: z.int().min(0).default(0), size: z.int().min(1).max(2000).default(20) },
    response: CampaignUsers,
    paged: true,
  })
  async listUsers(
    @CampaignId() campaignId: number,
    @PageOf() { page, size }: Page,
  ): Promise<Paged> {
    const users = await this.campaigns.pageOfUsers(campaignId, page * size, size);
    return new Paged({ campaignId, users } satisfies z.infer<typeof CampaignUsers>, page, size);
  }

  @Route(['DELETE', 'POST'], [':id/user/delete'], {
    summary: "Remove users from a campaign's audience",
    request: Users,
  })
  async removeUsers(@CampaignId() id: number, @Read(readUsers) users: string[]): Promise<void> {
    await this.campaigns.removeUsers(id, users);
  }

  @Route(['POST'], ['send/test/:id'], {
    summary: 'Send a campaign to one user, without counting it as sent',
    request: TestCampaign,
  })
  async sendTest(
    @CampaignId() id: number,
    @Read((body: unknown) => body) body: unknown,
  ): Promise<void> {
    await this.campaigns.get(id); // refused before the request is
    await this.campaigns.sendTest(id, readTestUser(body));
  }

  @Route(['POST'], ['send/live/:id'], { summary: 'Send a campaign to its audience' })
  async sendLive(@CampaignId() id: number): Promise<void> {
    await this.campaigns.launchLive(id);
  }
}
