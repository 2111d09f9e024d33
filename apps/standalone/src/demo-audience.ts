import { createHash } from 'node:crypto';
import type { Platform } from '@app/core';
import type { DemoClient } from './demo-client';

export interface DemoDevice {
  readonly platform: Platform;
  readonly token: string;
  readonly userId: string;
}

/** The invented devices of a run, half of them iOS, half Android. None is kept: each is the same whenever it is asked for. */
export class DemoAudience {
  /** Fewer than the devices: some users have two. */
  readonly userCount: number;

  constructor(
    private readonly run: string,
    readonly deviceCount: number,
  ) {
    this.userCount = Math.ceil(deviceCount * 0.8);
  }

  userId(n: number): string {
    return `${this.run}-user-${n}`;
  }

  device(n: number): DemoDevice {
    const digest = createHash('sha512').update(`${this.run} ${n}`).digest();
    return {
      ...(n % 2 === 0
        ? { platform: 'ios', token: digest.toString('hex', 0, 32) }
        : { platform: 'android', token: digest.toString('base64url') }),
      userId: this.userId(n % this.userCount),
    };
  }

  /** Registers every device through the API. */
  async register(client: DemoClient, applicationId: string): Promise<void> {
    const device = (n: number) => this.device(n);
    await client.upload(`applications/${applicationId}/devices`, rows(this.deviceCount, device));
  }

  /** Makes every user an addressee of the campaign. */
  async address(client: DemoClient, campaignId: string): Promise<void> {
    const user = (n: number) => ({ userId: this.userId(n) });
    await client.upload(`campaigns/${campaignId}/users`, rows(this.userCount, user));
  }
}

function* rows(count: number, row: (n: number) => object): Generator<object> {
  for (let n = 0; n < count; n++) yield row(n);
}
