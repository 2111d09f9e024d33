import { Audit } from '@app/audit';
import type { Actor, Permission } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Campaign } from './campaign.entity';
import { CampaignNotFoundError } from './campaigns.errors';

/** A change of a campaign as the audit trail has it, without what it sends. */
export interface CampaignEvent {
  /** Follows `campaign.` in the event's action. */
  readonly verb: string;
  readonly before?: object;
  readonly after?: object;
}

/** Campaigns for the services of this lib, which act on them for somebody: each is asked for by its application. */
@Injectable()
export class CampaignStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: Audit,
  ) {}

  /**
   * With its message. Who has the permission nowhere does not learn whether it is there.
   * @throws ForbiddenError, CampaignNotFoundError
   */
  async get(actor: Actor, permission: Permission, id: number): Promise<Campaign> {
    const campaign = await this.find(actor, permission, id);
    if (campaign === null) throw new CampaignNotFoundError(id);
    return campaign;
  }

  /** As `get`, for those to whom none is fine. @throws ForbiddenError */
  async find(actor: Actor, permission: Permission, id: number): Promise<Campaign | null> {
    actor.demandSomewhere(permission);
    const campaign = isCampaignId(id) ? await this.read(id) : null;
    if (campaign !== null) actor.demand(permission, campaign.message.applicationId);
    return campaign;
  }

  /** As it is now, once the change that was allowed is made. @throws CampaignNotFoundError when it was removed meanwhile */
  async reread({ id }: Campaign): Promise<Campaign> {
    const campaign = await this.read(id);
    if (campaign === null) throw new CampaignNotFoundError(id);
    return campaign;
  }

  async record(
    actor: Actor,
    { id, message }: Campaign,
    { verb, ...states }: CampaignEvent,
    manager: EntityManager,
  ): Promise<void> {
    const { applicationId } = message;
    const event = { action: `campaign.${verb}`, target: `campaign:${id}`, applicationId };
    await this.audit.record(actor, { ...event, ...states }, manager);
  }

  private async read(id: number): Promise<Campaign | null> {
    return this.dataSource.manager.findOne(Campaign, {
      where: { id },
      relations: { message: true },
    });
  }
}

const isCampaignId = (id: number) => Number.isInteger(id) && id >= 1 && id <= 2_147_483_647;
