import { ApplicationStore } from '@app/applications';
import { differences } from '@app/audit';
import { type Actor, afterCommit, characterCount, inApplications } from '@app/core';
import {
  CampaignBacklog,
  type Message,
  MessageRemoval,
  Messages,
  type Progress,
  ProgressFeed,
  showsNothing,
} from '@app/delivery';
import { Injectable } from '@nestjs/common';
import { DataSource, Not } from 'typeorm';
import { CampaignPlanning } from './campaign-planning';
import { auditOf, CampaignStore } from './campaign-store';
import { Campaign } from './campaign.entity';
import { InvalidCampaignError } from './campaigns.errors';
import { NotificationStore } from './notification-store';
import type { Notification } from './notification.entity';

export interface CampaignInput {
  readonly applicationId: number;
  readonly name: string;
  readonly content: Message['content'];
  readonly personal: boolean;
}

/** The members to change; what is absent stays as it is. */
export type CampaignChanges = Partial<Pick<CampaignInput, 'name' | 'content' | 'personal'>>;

/** Manages campaigns for people and machines; AudiencesService manages their audiences. */
@Injectable()
export class CampaignsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly store: CampaignStore,
    private readonly applications: ApplicationStore,
    private readonly messages: Messages,
    private readonly removal: MessageRemoval,
    private readonly planning: CampaignPlanning,
    private readonly backlog: CampaignBacklog,
    private readonly notifications: NotificationStore,
    private readonly feed: ProgressFeed,
  ) {}

  /** @throws ForbiddenError, InvalidCampaignError, ApplicationNotFoundError, InvalidMessageError */
  async create(actor: Actor, input: CampaignInput): Promise<Campaign> {
    const { applicationId, content, personal } = input;
    actor.demand('campaigns:write', applicationId);
    const name = checkName(input.name);
    await this.applications.assertExists(this.dataSource.manager, applicationId);
    return this.dataSource.transaction(async (manager) => {
      const draft = { applicationId, content, personal, priority: 'campaign' } as const;
      const message = await this.messages.create(manager, draft);
      const campaign = await manager.save(Object.assign(new Campaign(), { message, name }));
      await this.store.record(manager, actor, campaign, { verb: 'create' });
      return campaign;
    });
  }

  /**
   * Returns a campaign with its message.
   * @param permission what it is wanted for: whoever may send a campaign may look at what he is about to send
   * @throws ForbiddenError, CampaignNotFoundError
   */
  async get(
    actor: Actor,
    id: number,
    permission: 'campaigns:read' | 'campaigns:send' = 'campaigns:read',
  ): Promise<Campaign> {
    return this.store.get(actor, permission, id);
  }

  /**
   * Follows the progress of sending, see `ProgressFeed.follow`.
   * @throws ForbiddenError, CampaignNotFoundError
   */
  async follow(actor: Actor, id: number): Promise<AsyncIterableIterator<Progress>> {
    const { messageId } = await this.store.get(actor, 'campaigns:read', id);
    return this.feed.follow(messageId);
  }

  /**
   * Lists all campaigns that the actor reaches, or those that are not completed, oldest first.
   * @throws ForbiddenError
   */
  async listAll(actor: Actor, onlyUnsent: boolean): Promise<Campaign[]> {
    const reach = inApplications(actor.reach('campaigns:read'));
    return this.dataSource.manager.find(Campaign, {
      where: { message: { ...reach, ...(onlyUnsent && { state: Not('completed') }) } },
      order: { id: 'ASC' },
      relations: { message: true },
    });
  }

  /**
   * Changes the name of a draft, or what it says; the same again changes nothing, and leaves no trace.
   * @throws ForbiddenError, CampaignNotFoundError, InvalidCampaignError, InvalidMessageError, WrongStateError
   */
  async update(actor: Actor, id: number, changes: CampaignChanges): Promise<Campaign> {
    const campaign = await this.store.get(actor, 'campaigns:write', id);
    const { content, personal } = Object.assign({}, campaign.message, changes);
    const name = checkName(changes.name ?? campaign.name);
    const renamed = differences(campaign, { name }, ['name']);
    if (!renamed && changes.content === undefined && changes.personal === undefined) {
      return campaign;
    }
    await this.dataSource.transaction(async (manager) => {
      const revision = { content, personal };
      const isRevised = await this.messages.revise(manager, campaign.messageId, revision);
      if (!isRevised && renamed === undefined) return;
      await manager.update(Campaign, { id }, { name });
      await this.store.record(manager, actor, campaign, { verb: 'change', ...renamed });
    });
    return this.store.reread(campaign);
  }

  /**
   * Removes a campaign with its users and deliveries. One that is under way is cancelled first, and is gone within
   * seconds, when no worker has any of it in hand.
   * @returns the campaign as it was
   * @throws ForbiddenError
   */
  async remove(actor: Actor, id: number): Promise<Campaign | null> {
    const campaign = await this.store.find(actor, 'campaigns:write', id);
    if (campaign === null) return null;
    await this.removal.remove(campaign.messageId, (verb, manager) =>
      this.store.record(manager, actor, campaign, { verb }),
    );
    return campaign;
  }

  /**
   * Starts a draft: planning and sending go on in the workers.
   * @throws ForbiddenError, CampaignNotFoundError, WrongStateError
   */
  async launch(actor: Actor, id: number): Promise<Campaign> {
    const campaign = await this.change(actor, id, 'launch');
    await afterCommit(() => this.planning.wake([campaign.messageId]));
    return campaign;
  }

  /**
   * Launches a draft. A campaign that was launched before is sent to devices without a delivery of it, of whoever
   * joined its audience since. Nobody gets it twice, and what an operator paused or cancelled stays so.
   * @throws ForbiddenError, CampaignNotFoundError
   */
  async launchLive(actor: Actor, id: number): Promise<Campaign> {
    const campaign = await this.store.get(actor, 'campaigns:send', id);
    const { messageId } = campaign;
    const isPlanned = await this.dataSource.transaction(async (manager) => {
      const isNew = await this.messages.planAgain(manager, messageId);
      if (isNew) await this.store.record(manager, actor, campaign, { verb: 'launch' });
      return isNew;
    });
    if (isPlanned) await afterCommit(() => this.planning.wake([messageId]));
    return this.store.reread(campaign);
  }

  /**
   * Sends the content to one user, never personal, and silent only if there is nothing to show; the campaign does not
   * change.
   * @throws ForbiddenError, CampaignNotFoundError, InvalidMessageError, InvalidDeviceError
   */
  async sendTest(actor: Actor, id: number, userId: string): Promise<Notification> {
    const campaign = await this.store.get(actor, 'campaigns:send', id);
    const { applicationId, content } = campaign.message;
    const shown = { ...content, silent: false };
    const test = {
      applicationId,
      userId,
      content: { ...shown, silent: showsNothing(shown) },
      personal: false,
    };
    const [sent = ''] = await this.notifications.store(actor, [test], (notificationId) =>
      auditOf(campaign, { verb: 'test', after: { userId, notificationId } }),
    );
    return this.notifications.get(sent);
  }

  /** @throws ForbiddenError, CampaignNotFoundError, WrongStateError */
  async pause(actor: Actor, id: number): Promise<Campaign> {
    return this.change(actor, id, 'pause');
  }

  /** @throws ForbiddenError, CampaignNotFoundError, WrongStateError */
  async resume(actor: Actor, id: number): Promise<Campaign> {
    const campaign = await this.change(actor, id, 'resume');
    await afterCommit(() => this.backlog.wakeFor(campaign.messageId));
    return campaign;
  }

  /** Cancels; deliveries not yet sent are skipped. @throws ForbiddenError, CampaignNotFoundError, WrongStateError */
  async cancel(actor: Actor, id: number): Promise<Campaign> {
    const campaign = await this.change(actor, id, 'cancel');
    await afterCommit(() => this.messages.endCancelled());
    return campaign;
  }

  private async change(
    actor: Actor,
    id: number,
    verb: 'launch' | 'pause' | 'resume' | 'cancel',
  ): Promise<Campaign> {
    const campaign = await this.store.get(actor, 'campaigns:send', id);
    await this.dataSource.transaction(async (manager) => {
      await this.messages.change(manager, campaign.messageId, verb);
      await this.store.record(manager, actor, campaign, { verb });
    });
    return this.store.reread(campaign);
  }
}

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed !== '' && characterCount(trimmed) <= 200) return trimmed;
  throw new InvalidCampaignError('name', 'wants 1 to 200 characters');
}
