import { Audit, type AuditInput } from '@app/audit';
import type { Actor, Permission } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Campaign } from './campaign.entity';
import { CampaignNotFoundError } from './campaigns.errors';

/** A change of a campaign as the audit trail has it, without what it sends. */
export interface CampaignEvent {
  /** The second part of the event's action, after `campaign.`. */
  readonly verb: string;
  readonly before?: object;
  readonly after?: object;
}

/** Reads and changes campaigns for the services of this lib, which name the actor and what he needs to be permitted. */
@Injectable()
export class CampaignStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly audit: Audit,
  ) {}

  /**
   * Returns a campaign with its message. Who has the permission nowhere does not learn whether the campaign exists; to
   * who has it elsewhere, one out of reach does not.
   * @throws ForbiddenError, CampaignNotFoundError
   */
  async get(actor: Actor, permission: Permission, id: number): Promise<Campaign> {
    const campaign = await this.find(actor, permission, id);
    if (campaign === null) throw new CampaignNotFoundError(id);
    return campaign;
  }

  /** Works as `get`, for callers to whom a missing campaign is no error. @throws ForbiddenError */
  async find(actor: Actor, permission: Permission, id: number): Promise<Campaign | null> {
    actor.demandSomewhere(permission);
    const campaign = isCampaignId(id) ? await this.read(id) : null;
    return campaign !== null && actor.reaches(campaign.message.applicationId) ? campaign : null;
  }

  /** Reads a campaign again after a permitted change. @throws CampaignNotFoundError when it was removed meanwhile */
  async reread({ id }: Campaign): Promise<Campaign> {
    const campaign = await this.read(id);
    if (campaign === null) throw new CampaignNotFoundError(id);
    return campaign;
  }

  async record(
    manager: EntityManager,
    actor: Actor,
    campaign: Campaign,
    event: CampaignEvent,
  ): Promise<void> {
    await this.audit.record(actor, auditOf(campaign, event), manager);
  }

  private async read(id: number): Promise<Campaign | null> {
    return this.dataSource.manager.findOne(Campaign, {
      where: { id },
      relations: { message: true },
    });
  }
}

/** Returns what the audit trail says of a change of a campaign. */
export function auditOf({ id, message }: Campaign, { verb, ...states }: CampaignEvent): AuditInput {
  const { applicationId } = message;
  return { action: `campaign.${verb}`, target: `campaign:${id}`, applicationId, ...states };
}

const isCampaignId = (id: number) => Number.isInteger(id) && id >= 1 && id <= 2_147_483_647;
