import { type AudienceImport, AudienceImportsService } from '@app/campaigns';
import { type Actor, DomainError, type Platform } from '@app/core';
import {
  checkUserId,
  type DeviceImport,
  DeviceImportsService,
  type ListedDevice,
} from '@app/devices';
import { Injectable } from '@nestjs/common';
import { type Refusal, refusalOf, type Row } from './rows';
import type { UploadTarget } from './upload-target';

/** Says what may be uploaded, and by whom. */
@Injectable()
export class UploadTargets {
  constructor(
    private readonly audiences: AudienceImportsService,
    private readonly devices: DeviceImportsService,
  ) {}

  /** @throws ForbiddenError, CampaignNotFoundError, WrongStateError */
  async users(actor: Actor, campaignId: number): Promise<UploadTarget> {
    return new AudienceTarget(actor, this.audiences, await this.audiences.begin(actor, campaignId));
  }

  /** @throws ForbiddenError, ApplicationNotFoundError */
  async devicesOf(actor: Actor, applicationId: number): Promise<UploadTarget> {
    return new DeviceTarget(actor, this.devices, await this.devices.begin(actor, applicationId));
  }
}

class AudienceTarget implements UploadTarget {
  readonly columns = { required: ['userId'], optional: [] };
  private rows = 0;

  constructor(
    private readonly actor: Actor,
    private readonly audiences: AudienceImportsService,
    private audience: AudienceImport,
  ) {}

  get counts() {
    const { added } = this.audience;
    return { added, present: this.rows - added };
  }

  async store(rows: readonly Row[]): Promise<readonly Refusal[]> {
    const userIds: string[] = [];
    const refusals: Refusal[] = [];
    for (const { line, values } of rows) {
      try {
        userIds.push(checkUserId(values.userId ?? ''));
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        refusals.push(refusalOf(line, error));
      }
    }
    this.audience = await this.audiences.add(this.actor, this.audience, userIds);
    this.rows += userIds.length;
    return refusals;
  }
}

class DeviceTarget implements UploadTarget {
  readonly columns = {
    required: ['platform', 'token'],
    optional: ['userId', 'activationId'],
  };

  constructor(
    private readonly actor: Actor,
    private readonly devices: DeviceImportsService,
    private device: DeviceImport,
  ) {}

  get counts() {
    const { registered, renewed } = this.device;
    return { registered, renewed };
  }

  async store(rows: readonly Row[]): Promise<readonly Refusal[]> {
    const part = rows.map(({ values }): ListedDevice => {
      const { platform = '', token = '', userId, activationId } = values;
      // As GraphQL spells it, too. What is no platform is refused.
      return { platform: platform.toLowerCase() as Platform, token, userId, activationId };
    });
    const { next, outcomes } = await this.devices.add(this.actor, this.device, part);
    this.device = next;
    return outcomes.flatMap((outcome, place) =>
      'error' in outcome ? [refusalOf(rows[place]?.line ?? 0, outcome.error)] : [],
    );
  }
}
