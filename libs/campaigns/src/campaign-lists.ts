import {
  type Actor,
  type ListOrder,
  type Page,
  type PageRequest,
  preparedQuery,
  readPage,
  readPages,
} from '@app/core';
import {
  type MessageState,
  messageStates,
  type Placed,
  positionParameters,
  type SendingPosition,
} from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CampaignUser } from './campaign-user.entity';
import { Campaign } from './campaign.entity';
import {
  audiencesStatement,
  campaignsStatement,
  countCampaignsStatement,
  sendingsStatement,
} from './sending-list.statements';
import { SendingRows } from './sending-rows';

/** Selects campaigns; an absent member selects all. */
export interface CampaignFilter {
  readonly applicationId?: number | undefined;
  readonly states?: readonly MessageState[] | undefined;
}

/** A member of a campaign's audience. */
export type AudienceMember = Pick<CampaignUser, 'campaignId' | 'userId'>;

/** Lists campaigns in pages, by the time of their creation. A limited actor sees those of the applications that he reaches. */
@Injectable()
export class CampaignLists {
  private readonly rows = new SendingRows(Campaign);

  constructor(private readonly dataSource: DataSource) {}

  /** Lists campaigns with their messages. @throws ForbiddenError */
  async list(
    actor: Actor,
    filter: CampaignFilter,
    order: ListOrder,
    page: PageRequest<SendingPosition>,
  ): Promise<Page<Placed<Campaign>>> {
    const conditions = conditionsOf(actor, filter);
    return readPage(page, async (limit) => {
      const rows = await preparedQuery<SendingPosition>(
        this.dataSource.manager,
        campaignsStatement(this.rows.columns, order),
        [...positionParameters(page.after), limit, ...conditions],
      );
      return rows.map((row) => this.rows.placedOf(row));
    });
  }

  /** @throws ForbiddenError */
  async count(actor: Actor, filter: CampaignFilter): Promise<number> {
    const [{ total }] = await this.dataSource.query<[{ total: number }]>(
      countCampaignsStatement,
      conditionsOf(actor, filter),
    );
    return total;
  }

  /**
   * Finds campaigns, with their messages, by the messages' ids; none for notifications. Nobody's permission is asked:
   * show them only to who may read campaigns.
   */
  async byMessage(messageIds: readonly string[]): Promise<Map<string, Campaign>> {
    const rows = await preparedQuery(
      this.dataSource.manager,
      sendingsStatement('campaigns', this.rows.columns),
      [messageIds],
    );
    return new Map(
      rows.map((row) => this.rows.sendingOf(row)).map((campaign) => [campaign.messageId, campaign]),
    );
  }

  /** Lists one page of each of several audiences, by user. Nobody's permission is asked, as with their sizes. */
  async audiencesOf(
    campaignIds: readonly number[],
    page: PageRequest<Pick<AudienceMember, 'userId'>>,
  ): Promise<Map<number, Page<AudienceMember>>> {
    return readPages(campaignIds, page, async (limit) => {
      const parameters = [campaignIds, page.after?.userId ?? null, limit];
      const rows = await this.dataSource.query<AudienceMember[]>(audiencesStatement, parameters);
      return rows.map((row) => [row.campaignId, row] as const);
    });
  }
}

/** Returns the parameters for applications (null: all) and states. @throws ForbiddenError */
const conditionsOf = (actor: Actor, { applicationId, states }: CampaignFilter) => [
  actor.reach('campaigns:read', applicationId) ?? null,
  states ?? messageStates,
];
