import { join } from 'node:path';
import type { ApnsKey, FaultRule, FcmServiceAccount, GatewaySummary } from '../../../simulator/src';
import type { Gateway } from '@app/core';
import { programOf } from './programs';
import { Server } from './server';

export interface Shown {
  readonly collapseKey?: string;
  readonly title?: string;
}

/** The simulator as a process of its own, asked through its control API. */
export class Gateways {
  static async start(folder: string): Promise<Gateways> {
    const ports = {
      SIMULATOR_APNS_PORT: '0',
      SIMULATOR_FCM_PORT: '0',
      SIMULATOR_CONTROL_PORT: '0',
    };
    const environment = { DATA_DIR: join(folder, 'simulator'), ...ports };
    const server = new Server(
      programOf('simulator', 'gateways', join(folder, 'gateways.log'), environment),
    );
    server.start();
    const [, apnsUrl = '', fcmUrl = '', controlUrl = '', caFile = ''] = await server.says(
      /^APNs +(\S+)\nFCM +(\S+)\ncontrol +(\S+)\nCA +(.+)$/m,
    );
    return new Gateways(server, apnsUrl, fcmUrl, controlUrl, caFile);
  }

  private constructor(
    readonly server: Server,
    readonly apnsUrl: string,
    readonly fcmUrl: string,
    private readonly controlUrl: string,
    readonly caFile: string,
  ) {}

  /** Makes the gateways forget everything but who may send. */
  async reset(keys: readonly ApnsKey[], accounts: readonly FcmServiceAccount[]): Promise<void> {
    await this.ask('POST', '/reset');
    for (const key of keys) await this.ask('POST', '/apns/keys', key);
    for (const account of accounts) await this.ask('POST', '/fcm/projects', account);
  }

  async strike(rule: FaultRule): Promise<void> {
    await this.ask('POST', '/faults', rule);
  }

  /** Ends whatever was wrong with the gateways. */
  async recover(): Promise<void> {
    await this.ask('DELETE', '/faults');
  }

  /** Takes the app off a device. */
  async unregister(gateway: Gateway, token: string): Promise<void> {
    await this.ask('POST', `/devices/${gateway}/${token}/unregister`);
  }

  /** Returns what is on the device's screen. */
  async screen(gateway: Gateway, token: string): Promise<readonly Shown[]> {
    return (await this.ask<{ shows: Shown[] }>('GET', `/devices/${gateway}/${token}`)).shows;
  }

  async summary(): Promise<Readonly<Record<Gateway, GatewaySummary>>> {
    return this.ask('GET', '/summary');
  }

  private async ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(this.controlUrl + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  }
}
