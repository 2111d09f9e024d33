import { type Actor, DomainError, oneBy, preparedQuery } from '@app/core';
import { assertChangeable, type Message } from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Addressees, type FoundUsers } from './addressees';
import { insertUsers, lockAudience } from './audience-rows';
import { CampaignStore } from './campaign-store';
import { CampaignUser } from './campaign-user.entity';
import type { Campaign } from './campaign.entity';
import { InvalidCampaignError } from './campaigns.errors';
import { countAudiencesStatement } from './sending-list.statements';

/** The most users that one call may add. */
const largestUserList = 10_000;

export interface AudienceChange {
  readonly campaign: Campaign;
  /** How many users joined. */
  readonly added: number;
}

/** The result for one id of a list. */
export interface ListedUser {
  readonly userId: string;
  /** Whether the user joined; one who was in the audience, or earlier in the list, did not. */
  readonly isAdded: boolean;
  /** The reason why the id is refused. */
  readonly error?: DomainError;
}

/** The answer to a list of users. */
export interface AudienceAddition extends AudienceChange, WithUnknownEmails {
  /** The users who were named by id, in the order of the list. */
  readonly users: readonly ListedUser[];
}

/** The e-mails of a list that no profile has. */
export interface WithUnknownEmails {
  readonly unknownEmails: readonly string[];
}

export interface AudienceCut extends WithUnknownEmails {
  readonly campaign: Campaign;
  /** How many users left. */
  readonly removed: number;
}

/** Manages the audiences of campaigns. The audit trail says how many users came and went, not who. */
@Injectable()
export class AudiencesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly campaigns: CampaignStore,
    private readonly addressees: Addressees,
  ) {}

  /**
   * Adds users to a draft's audience; who is in it already stays once. A wrong id is answered with its error and keeps
   * out nobody else.
   * @throws ForbiddenError, InvalidCampaignError, InvalidProfileError, CampaignNotFoundError, WrongStateError
   */
  async add(
    actor: Actor,
    id: number,
    userIds: readonly string[],
    emails: readonly string[] = [],
  ): Promise<AudienceAddition> {
    const campaign = await this.campaigns.get(actor, 'campaigns:write', id);
    const refusals = new Map(userIds.flatMap((userId) => refusalOf(userId) ?? []));
    const found = await this.listed(campaign, userIds, emails);
    const good = found.userIds.filter((userId) => !refusals.has(userId));
    const { joined, ...change } = await this.insert(actor, campaign, good, assertChangeable);
    const left = new Set(joined);
    const users = userIds.map((userId): ListedUser => {
      const error = refusals.get(userId);
      return { userId, isAdded: left.delete(userId), ...(error !== undefined && { error }) };
    });
    return { ...change, users, unknownEmails: found.unknownEmails };
  }

  /** Takes users out of a draft's audience; who is not in it is no error. Works as `add` otherwise. */
  async exclude(
    actor: Actor,
    id: number,
    userIds: readonly string[],
    emails: readonly string[] = [],
  ): Promise<AudienceCut> {
    const campaign = await this.campaigns.get(actor, 'campaigns:write', id);
    const { userIds: leaving, unknownEmails } = await this.listed(campaign, userIds, emails);
    const removed = await this.dataSource.transaction(async (manager) => {
      assertChangeable(await lockAudience(manager, campaign));
      return this.delete(manager, actor, campaign, leaving);
    });
    return { campaign, removed, unknownEmails };
  }

  /**
   * Adds any number of users at any time; `launchLive` reaches those who were added after a launch. PowerAuth Push has
   * it so; everywhere else a launch closes the audience, for nobody should be in it who gets nothing.
   * @throws ForbiddenError, InvalidDeviceError, CampaignNotFoundError
   */
  async addAnytime(actor: Actor, id: number, userIds: readonly string[]): Promise<AudienceChange> {
    const campaign = await this.campaigns.get(actor, 'campaigns:write', id);
    userIds.forEach(checkUserId);
    return this.insert(actor, campaign, userIds, () => undefined);
  }

  /** Removes users; missing ones, and a missing campaign, are no error. @returns how many left @throws ForbiddenError */
  async remove(actor: Actor, id: number, userIds: readonly string[]): Promise<number> {
    const campaign = await this.campaigns.find(actor, 'campaigns:write', id);
    if (campaign === null) return 0;
    return this.dataSource.transaction((manager) => this.delete(manager, actor, campaign, userIds));
  }

  /** Lists a page of users in a fixed order; none for an unknown campaign. @throws ForbiddenError */
  async page(actor: Actor, id: number, offset: number, limit: number): Promise<string[]> {
    if ((await this.campaigns.find(actor, 'campaigns:read', id)) === null) return [];
    const rows = await this.dataSource.manager.find(CampaignUser, {
      where: { campaignId: id },
      order: { userId: 'ASC' },
      skip: offset,
      take: limit,
    });
    return rows.map(({ userId }) => userId);
  }

  /**
   * Counts the audiences of several campaigns. Nobody's permission is asked: whoever was shown a campaign, be it as the
   * answer to a change, may know that.
   */
  async sizesOf(campaignIds: readonly number[]): Promise<Map<number, number>> {
    const rows = await preparedQuery<{ id: number; users: number }>(
      this.dataSource.manager,
      `SELECT campaign_id AS id, count(*)::int AS users FROM campaign_users
       WHERE campaign_id = ANY ($1::int[]) GROUP BY 1`,
      [campaignIds],
    );
    return oneBy(campaignIds, rows, ({ id, users }) => [id, users], 0);
  }

  /** Works as `sizesOf`, and counts no further than `mostCounted`. */
  async countsOf(campaignIds: readonly number[]): Promise<Map<number, number>> {
    const rows = await preparedQuery<{ id: number; total: number }>(
      this.dataSource.manager,
      countAudiencesStatement,
      [campaignIds],
    );
    return oneBy(campaignIds, rows, ({ id, total }) => [id, total], 0);
  }

  /** @throws InvalidCampaignError, InvalidProfileError */
  private async listed(
    { message }: Campaign,
    userIds: readonly string[],
    emails: readonly string[],
  ): Promise<FoundUsers> {
    const listed = userIds.length + emails.length;
    if (listed === 0 || listed > largestUserList) {
      throw new InvalidCampaignError('userIds', `wants 1 to ${largestUserList} users a call`);
    }
    return this.addressees.find(message.applicationId, userIds, emails);
  }

  private async delete(
    manager: EntityManager,
    actor: Actor,
    campaign: Campaign,
    userIds: readonly string[],
  ): Promise<number> {
    const possible = userIds.filter((userId) => !userId.includes('\0'));
    const [, users] = await manager.query<[unknown, number]>(
      `DELETE FROM campaign_users USING (
         SELECT user_id FROM campaign_users WHERE campaign_id = $1 AND user_id = ANY ($2::text[])
         ORDER BY user_id FOR UPDATE) AS leaving
       WHERE campaign_id = $1 AND campaign_users.user_id = leaving.user_id`,
      [campaign.id, possible],
    );
    if (users > 0) {
      const event = { verb: 'users.remove', before: { users } };
      await this.campaigns.record(manager, actor, campaign, event);
    }
    return users;
  }

  private async insert(
    actor: Actor,
    campaign: Campaign,
    userIds: readonly string[],
    check: (message: Message) => void,
  ): Promise<AudienceChange & { readonly joined: readonly string[] }> {
    return this.dataSource.transaction(async (manager) => {
      const message = await lockAudience(manager, campaign);
      check(message);
      const joined = await insertUsers(manager, campaign, userIds);
      const { length: added } = joined;
      if (added > 0) {
        const event = { verb: 'users.add', after: { users: added } };
        await this.campaigns.record(manager, actor, campaign, event);
      }
      return { campaign: Object.assign(campaign, { message }), added, joined };
    });
  }
}

function refusalOf(userId: string): [[string, DomainError]] | undefined {
  try {
    checkUserId(userId);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return [[userId, error]];
    throw error;
  }
}
