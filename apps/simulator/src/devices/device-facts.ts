import type { Gateway } from '@app/core';

export interface DeviceFact {
  /** Since when the gateway holds the token to be dead, in epoch milliseconds. */
  readonly unregisteredAt?: number;
  /** The bundle id or project id that the token belongs to; unset: any. */
  readonly owner?: string;
}

/** Holds what the gateways know about single devices beyond what was sent to them. Empty unless somebody says something. */
export class DeviceFacts {
  readonly #facts = new Map<string, DeviceFact>();

  of(gateway: Gateway, token: string): DeviceFact | undefined {
    return this.#facts.size === 0 ? undefined : this.#facts.get(keyOf(gateway, token));
  }

  /** Marks a token as of an app that was removed: 410 Unregistered with this timestamp, 404 UNREGISTERED. */
  unregister(gateway: Gateway, token: string, at: Date): void {
    this.#merge(gateway, token, { unregisteredAt: at.getTime() });
  }

  /** Gives a token an owner. Any other sender gets DeviceTokenNotForTopic, or SENDER_ID_MISMATCH. */
  assign(gateway: Gateway, token: string, owner: string): void {
    this.#merge(gateway, token, { owner });
  }

  /** Forgets all that was said about a device, as if it registered again. */
  forget(gateway: Gateway, token: string): void {
    this.#facts.delete(keyOf(gateway, token));
  }

  reset(): void {
    this.#facts.clear();
  }

  #merge(gateway: Gateway, token: string, fact: DeviceFact): void {
    const key = keyOf(gateway, token);
    this.#facts.set(key, { ...this.#facts.get(key), ...fact });
  }
}

/** Makes a device's key. APNs tokens are hexadecimal, so their case says nothing. */
function keyOf(gateway: Gateway, token: string): string {
  return `${gateway} ${gateway === 'apns' ? token.toLowerCase() : token}`;
}
