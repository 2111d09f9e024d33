import type { Clock } from '@app/core';
import type { DeviceFacts } from '../devices/device-facts';
import type { Ledger } from '../devices/ledger';
import type { GatewayServer, GatewayServerOptions } from './gateway-server';
import type { GatewayRules } from './request';

/** A gateway of the simulator: its listener, and those who may send. */
export interface SimulatedGateway<Account> {
  readonly server: GatewayServer;
  /** Lets only those who are registered send for a team or project from now on. @throws SimulatorInputError */
  register(account: Account): void;
  /** Forgets who may send, and what counts against limits. */
  reset(): void;
}

/** What the gateways of a simulator have in common. */
export interface GatewayWorld {
  readonly clock: Clock;
  readonly devices: DeviceFacts;
  readonly ledger: Ledger;
  /** Makes a server that answers by these rules. */
  readonly serve: (
    rules: GatewayRules,
    options: Omit<GatewayServerOptions, 'host' | 'port' | 'tls'>,
  ) => GatewayServer;
}
