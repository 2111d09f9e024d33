import { ApplicationStore } from '@app/applications';
import type { Actor } from '@app/core';
import type { ApnsEnvironment } from '@app/push';
import { Injectable } from '@nestjs/common';
import type { Device } from '../device/device.entity';
import { type ApnsTopic, UnreachableAppError } from '../device/devices.errors';
import { DevicesService } from './devices.service';

/** The place where an app can be reached, in its own words. */
export type PushDetails =
  | { readonly platform: 'android'; readonly package: string; readonly token: string }
  | {
      readonly platform: 'ios';
      readonly bundle: string;
      readonly environment: ApnsEnvironment;
      readonly token: string;
    };

/** Registers devices for users who do so themselves. */
@Injectable()
export class PushRegistrations {
  constructor(
    private readonly applications: ApplicationStore,
    private readonly devices: DevicesService,
  ) {}

  /** Registers the actor's own device. @throws UnreachableAppError, InvalidDeviceError, ApplicationNotFoundError */
  async register(actor: Actor, applicationId: number, details: PushDetails): Promise<Device> {
    if (details.platform === 'ios') await this.assertReachable(applicationId, details);
    const { platform, token } = details;
    const registrant = { userId: actor.id };
    return this.devices.register(actor, { applicationId, platform, token, registrant });
  }

  /** Refuses an app that no push would reach. An application without a credential may get the right one later. */
  private async assertReachable(applicationId: number, app: ApnsTopic): Promise<void> {
    const credential = await this.applications.credentialFacts(applicationId, 'apns');
    if (credential === undefined) return;
    const { bundle, environment } = credential;
    if (bundle !== app.bundle || environment !== app.environment) {
      throw new UnreachableAppError(app, credential);
    }
  }
}
