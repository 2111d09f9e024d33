import { randomUUID } from 'node:crypto';
import { Clock, isUuid, SealedSecrets, SecretUnreadableError } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Operator } from './operator.entity';

/** How long a device is known after a login from it, in seconds: 180 days. */
export const deviceLifeSeconds = 15_552_000;

/** The most characters of a token that is looked at; ours are shorter. */
const longestToken = 1_000;

const context = 'operator-device';

/** What a token says, sealed. */
interface KnownDevice {
  readonly operatorId: string;
  readonly deviceId: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Recognizes the devices from which operators have logged in, by a token that the login left there. It lets nobody in: it
 * only says where the wrong passwords of its device are counted, apart from those of strangers, who thus keep nobody out
 * (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). Nothing is stored, for it is sealed.
 */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly secrets: SealedSecrets,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Makes a token. @param deviceId of the device, where it is known already */
  tokenFor(operatorId: string, deviceId: string = randomUUID()): string {
    const expiresAt = this.clock.now().getTime() + deviceLifeSeconds * 1000;
    const known: KnownDevice = { operatorId, deviceId, expiresAt };
    return this.secrets.seal(JSON.stringify(known), context);
  }

  /**
   * Returns the id of the device that holds a token.
   * @returns undefined where it is none of ours, has expired, or is of another operator than the one of this e-mail
   */
  async find(token: string | undefined, email: string): Promise<string | undefined> {
    const known = token === undefined ? undefined : this.read(token);
    if (known === undefined || known.expiresAt <= this.clock.now().getTime()) return undefined;
    const his = { id: known.operatorId, email };
    return (await this.dataSource.manager.existsBy(Operator, his)) ? known.deviceId : undefined;
  }

  private read(token: string): KnownDevice | undefined {
    if (token.length > longestToken) return undefined;
    try {
      const known = JSON.parse(this.secrets.open(token, context)) as KnownDevice;
      return isUuid(known.operatorId) ? known : undefined;
    } catch (error) {
      if (error instanceof SecretUnreadableError) return undefined; // made up, or sealed with a key that is gone
      throw error;
    }
  }
}
