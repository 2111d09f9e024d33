import { ApplicationStore } from '@app/applications';
import { Config, DatabaseClock, type Gateway, Slots } from '@app/core';
import { gatewayKinds, type GatewayOptions, type PushGateway } from '@app/push';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { SharedProviderTokens } from './shared-provider-tokens';

/** An application's open way to a gateway. */
export interface GatewayConnection {
  readonly gateway: PushGateway;
  /** The version of the credentials in use. */
  readonly version: string;
  readonly realm: string;
  /**
   * Limits the campaigns' requests under way: those above the gateway's window wait in line, and an urgent one would
   * wait behind them. Transactional sends take no slot.
   */
  readonly slots: Slots;
}

/** The share of a gateway's window that campaigns may fill. */
const campaignShare = 0.9;

/** Keeps one long-lived gateway for each application and gateway, replaced when the credentials change. */
@Injectable()
export class GatewayConnections implements OnApplicationShutdown {
  private readonly open = new Map<string, GatewayConnection>();

  constructor(
    private readonly applications: ApplicationStore,
    private readonly config: Config,
    private readonly clock: DatabaseClock,
    private readonly providerTokens: SharedProviderTokens,
  ) {}

  /** @returns nothing when the application has no credentials for this gateway */
  async of(applicationId: number, gateway: Gateway): Promise<GatewayConnection | undefined> {
    const key = `${gateway}-${applicationId}`;
    const version = await this.applications.credentialVersion(applicationId, gateway);
    const kept = this.open.get(key);
    if (kept !== undefined && kept.version === version) return kept;
    const credential = await this.applications.credential(applicationId, gateway);
    const present = this.open.get(key);
    if (present !== undefined && present.version === credential?.version) return present;
    this.open.delete(key);
    void present?.gateway.close();
    if (credential === undefined) return undefined;
    const connected = gatewayKinds[gateway].open(credential, this.optionsFor(gateway));
    const connection = {
      gateway: connected,
      version: credential.version,
      realm: credential.realm,
      slots: new Slots(() => Math.max(1, Math.floor(connected.window * campaignShare))),
    };
    this.open.set(key, connection);
    return connection;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.open.values()].map(({ gateway }) => gateway.close()));
  }

  private optionsFor(gateway: Gateway): GatewayOptions {
    const { gatewayCa: ca, proxies, [`${gateway}Url` as const]: url } = this.config;
    return {
      clock: this.clock,
      providerTokens: this.providerTokens,
      proxies,
      ...(ca !== undefined && { ca }),
      ...(url !== undefined && { url }),
    };
  }
}
