import { ApplicationsService } from '@app/applications';
import { type JobQueue, Queues } from '@app/core';
import { Chunks, Message, Messages, Planner } from '@app/delivery';
import { checkUserId } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, MoreThan, Not } from 'typeorm';
import { campaignAudience } from './audience.query';
import { CampaignUser } from './campaign-user.entity';
import { Campaign } from './campaign.entity';
import { CampaignNotFoundError, InvalidCampaignError } from './campaigns.errors';
import type { Notification } from './notification.entity';
import { NotificationsService } from './notifications.service';

/** The queue whose jobs freeze a launched campaign's audience. */
export const planningQueue: JobQueue<PlanningJob> = { name: 'planning' };

export interface PlanningJob {
  readonly messageId: string;
}

export interface CampaignInput {
  readonly applicationId: number;
  readonly name: string;
  readonly content: Message['content'];
  readonly personal: boolean;
}

/** Users that one call may add or remove. */
const largestUserList = 10_000;

@Injectable()
export class CampaignsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationsService,
    private readonly messages: Messages,
    private readonly planner: Planner,
    private readonly chunks: Chunks,
    private readonly queues: Queues,
    private readonly notifications: NotificationsService,
  ) {}

  /** @throws ApplicationNotFoundError, InvalidMessageError, InvalidCampaignError */
  async create(input: CampaignInput): Promise<Campaign> {
    const name = input.name.trim();
    if (name === '' || name.length > 200) {
      throw new InvalidCampaignError('name', 'wants 1 to 200 characters');
    }
    const { applicationId, content, personal } = input;
    await this.applications.get(applicationId);
    return this.dataSource.transaction(async (manager) => {
      const message = await this.messages.create(
        manager,
        { applicationId, content, personal, priority: 'campaign' },
        'draft',
      );
      return manager.save(Object.assign(new Campaign(), { message, name }));
    });
  }

  /** With its message. @throws CampaignNotFoundError */
  async get(id: number): Promise<Campaign> {
    const campaign = await this.find(id);
    if (campaign === null) throw new CampaignNotFoundError(id);
    return campaign;
  }

  /** Oldest first. */
  async list(first: number, afterId = 0): Promise<Campaign[]> {
    return this.dataSource.manager.find(Campaign, {
      where: { id: MoreThan(afterId) },
      order: { id: 'ASC' },
      take: first,
      relations: { message: true },
    });
  }

  /** All of them, or those that are not completed. Oldest first. */
  async listAll(onlyUnsent: boolean): Promise<Campaign[]> {
    return this.dataSource.manager.find(Campaign, {
      where: onlyUnsent ? { message: { state: Not('completed') } } : {},
      order: { id: 'ASC' },
      relations: { message: true },
    });
  }

  /**
   * Removes a campaign with its users and deliveries. One that is under way is cancelled first, and goes when no worker
   * has any of it in hand, within seconds.
   * @returns whether it was there
   */
  async remove(id: number): Promise<boolean> {
    const campaign = await this.find(id);
    if (campaign === null) return false;
    await this.messages.remove(campaign.messageId);
    return true;
  }

  /** Adds users to a draft's audience; who is in it already stays once. @returns how many are new */
  async addUsers(id: number, userIds: readonly string[]): Promise<number> {
    if (userIds.length === 0 || userIds.length > largestUserList) {
      throw new InvalidCampaignError('userIds', `wants 1 to ${largestUserList} users a call`);
    }
    return this.insertUsers(id, userIds, (message) => {
      this.messages.assertDraft(message);
    });
  }

  /**
   * Adds users, however many, whenever; `launchLive` reaches those who were added after a launch. As PowerAuth Push has
   * it; everywhere else an audience is closed by its launch, for nobody should be in it who gets nothing.
   * @returns how many are new
   */
  async addUsersAnytime(id: number, userIds: readonly string[]): Promise<number> {
    return this.insertUsers(id, userIds, () => undefined);
  }

  /** Whoever is not in the audience, or no campaign of that id, is fine. @returns how many left */
  async removeUsers(id: number, userIds: readonly string[]): Promise<number> {
    if ((await this.find(id)) === null) return 0;
    const possible = userIds.filter((userId) => !userId.includes('\0'));
    const [, removed] = await this.dataSource.query<[unknown, number]>(
      `DELETE FROM campaign_users USING (
         SELECT user_id FROM campaign_users WHERE campaign_id = $1 AND user_id = ANY ($2::text[])
         ORDER BY user_id FOR UPDATE) AS leaving
       WHERE campaign_id = $1 AND campaign_users.user_id = leaving.user_id`,
      [id, possible],
    );
    return removed;
  }

  /** In an order that does not change; nothing for a campaign that is not there. */
  async pageOfUsers(id: number, offset: number, limit: number): Promise<string[]> {
    if ((await this.find(id)) === null) return [];
    const rows = await this.dataSource.manager.find(CampaignUser, {
      where: { campaignId: id },
      order: { userId: 'ASC' },
      skip: offset,
      take: limit,
    });
    return rows.map(({ userId }) => userId);
  }

  /** How large the audiences of several campaigns are. */
  async countUsersOf(ids: readonly number[]): Promise<Map<number, number>> {
    const rows = await this.dataSource.query<{ id: number; users: number }[]>(
      `SELECT campaign_id AS id, count(*)::int AS users FROM campaign_users
       WHERE campaign_id = ANY ($1::int[]) GROUP BY 1`,
      [ids],
    );
    const counted = new Map(rows.map(({ id, users }) => [id, users]));
    return new Map(ids.map((id) => [id, counted.get(id) ?? 0]));
  }

  /** Starts a draft: planning and sending go on in the workers. @throws WrongStateError */
  async launch(id: number): Promise<Campaign> {
    const { messageId } = await this.get(id);
    await this.messages.change(messageId, 'plan');
    await this.queues.wake(planningQueue, [planningJob(messageId)]);
    return this.get(id);
  }

  /**
   * Launches a draft; of a launched campaign, reaches whoever joined its audience since, on devices that have no delivery
   * of it yet. Nobody gets it twice, and what an operator paused or cancelled stays so.
   * @throws CampaignNotFoundError
   */
  async launchLive(id: number): Promise<Campaign> {
    const { messageId } = await this.get(id);
    if (await this.messages.planAgain(messageId)) {
      await this.queues.wake(planningQueue, [planningJob(messageId)]);
    }
    return this.get(id);
  }

  /** Sends its content to one user, never silent or personal; the campaign does not change. @throws CampaignNotFoundError */
  async sendTest(id: number, userId: string): Promise<Notification> {
    const { applicationId, content } = (await this.get(id)).message;
    return this.notifications.send({
      applicationId,
      userId,
      content: { ...content, silent: false },
      personal: false,
    });
  }

  /** @throws WrongStateError */
  async pause(id: number): Promise<Campaign> {
    const { messageId } = await this.get(id);
    await this.messages.change(messageId, 'pause');
    return this.get(id);
  }

  /** @throws WrongStateError */
  async resume(id: number): Promise<Campaign> {
    const { messageId } = await this.get(id);
    await this.messages.change(messageId, 'resume');
    await this.chunks.wakeAgain(messageId);
    return this.get(id);
  }

  /** What was not sent by then is skipped. @throws WrongStateError */
  async cancel(id: number): Promise<Campaign> {
    const { messageId } = await this.get(id);
    await this.messages.change(messageId, 'cancel');
    await this.messages.endCancelled();
    return this.get(id);
  }

  /** Freezes a launched campaign's audience. A repeat, or a cancelled campaign, is no error and no work. */
  async plan({ messageId }: PlanningJob): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const message = await manager.findOne(Message, {
        where: { id: messageId, state: 'planning' },
        lock: { mode: 'pessimistic_write', onLocked: 'skip_locked' },
      });
      if (message === null) return;
      const { id } = await manager.findOneByOrFail(Campaign, { messageId });
      await this.planner.plan(manager, message, campaignAudience(id, message.applicationId));
    });
    // Of a further plan, other chunks may have been woken in vain while it was made.
    await this.chunks.wakeAgain(messageId);
    await this.messages.completeIfDone(messageId);
  }

  /** Wakes a planner for every launched campaign that has no plan yet. */
  async wakePlanning(): Promise<void> {
    const waiting = await this.dataSource.manager.find(Message, {
      select: { id: true },
      where: { state: 'planning', priority: 'campaign' },
    });
    await this.queues.wake(
      planningQueue,
      waiting.map(({ id }) => planningJob(id)),
    );
  }

  private async find(id: number): Promise<Campaign | null> {
    if (!(Number.isInteger(id) && id >= 1 && id <= 2_147_483_647)) return null;
    return this.dataSource.manager.findOne(Campaign, {
      where: { id },
      relations: { message: true },
    });
  }

  private async insertUsers(
    id: number,
    userIds: readonly string[],
    check: (message: Message) => void,
  ): Promise<number> {
    userIds.forEach(checkUserId);
    const { messageId } = await this.get(id);
    return this.dataSource.transaction(async (manager) => {
      // Until the users are in, no launch may freeze the audience.
      const message = await manager.findOne(Message, {
        where: { id: messageId },
        lock: { mode: 'pessimistic_read' },
      });
      if (message === null) throw new CampaignNotFoundError(id);
      check(message);
      // In one order for all, lest two overlapping lists wait for each other.
      const added = await manager.query<unknown[]>(
        `INSERT INTO campaign_users (campaign_id, user_id)
         SELECT $1::int, user_id FROM unnest($2::text[]) AS user_id ORDER BY user_id
         ON CONFLICT DO NOTHING RETURNING 1`,
        [id, userIds],
      );
      return added.length;
    });
  }
}

const planningJob = (messageId: string) => ({ id: `plan-${messageId}`, data: { messageId } });
