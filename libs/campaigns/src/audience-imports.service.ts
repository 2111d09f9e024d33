import { Audit } from '@app/audit';
import type { Actor } from '@app/core';
import { assertChangeable } from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { insertAndCount, lockAudience } from './audience-rows';
import { CampaignStore } from './campaign-store';
import type { Campaign } from './campaign.entity';

/** The state of an import: a list of users of any length, which comes in parts. */
export interface AudienceImport {
  readonly campaign: Campaign;
  /** How many users joined. */
  readonly added: number;
}

/** Adds users to a draft's audience in large numbers. */
@Injectable()
export class AudienceImportsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly campaigns: CampaignStore,
    private readonly audit: Audit,
  ) {}

  /** @throws ForbiddenError, CampaignNotFoundError, WrongStateError */
  async begin(actor: Actor, campaignId: number): Promise<AudienceImport> {
    const campaign = await this.campaigns.get(actor, 'campaigns:write', campaignId);
    assertChangeable(campaign.message);
    return { campaign, added: 0 };
  }

  /**
   * Adds the next part in a transaction of its own: a launch comes either before it, which refuses it, or after it. The
   * audit trail has an event of each part that somebody joined by: how far the import has come.
   * @param userIds are valid, see `checkUserId`
   * @throws CampaignNotFoundError when the campaign was removed meanwhile, WrongStateError when it was launched
   */
  async add(
    actor: Actor,
    { campaign, added }: AudienceImport,
    userIds: readonly string[],
  ): Promise<AudienceImport> {
    return this.dataSource.transaction(async (manager) => {
      const message = await lockAudience(manager, campaign);
      assertChangeable(message);
      const joined = await insertAndCount(manager, campaign, userIds);
      if (joined === 0) return { campaign, added };
      const users = added + joined;
      const event = {
        action: 'campaign.users.import',
        target: `campaign:${campaign.id}`,
        applicationId: message.applicationId,
        after: { users },
      };
      await this.audit.record(actor, event, manager);
      return { campaign, added: users };
    });
  }
}
