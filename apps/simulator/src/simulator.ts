import { type Clock, type Gateway, SystemClock } from '@app/core';
import { type ApnsOptions, simulateApns } from './apns/apns';
import type { ApnsKey } from './apns/provider-tokens';
import { ControlApi } from './control/control-api';
import { routesOf } from './control/control-routes';
import type { Accounts, Controllable } from './control/controllable';
import { DeviceFacts } from './devices/device-facts';
import { Ledger } from './devices/ledger';
import { FaultScripts } from './faults/fault-scripts';
import { type FcmOptions, simulateFcm } from './fcm/fcm';
import type { FcmServiceAccount } from './fcm/fcm-tokens';
import { GatewayServer } from './wire/gateway-server';
import type { Latency } from './wire/latency';
import { RequestLog } from './wire/request-log';
import { RequestPipeline } from './wire/request-pipeline';
import type { GatewayWorld, SimulatedGateway } from './wire/simulated-gateway';
import { type TlsIdentity, createTlsIdentity, loadTlsIdentity } from './wire/tls-identity';

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The port to listen on; 0, the default of all three, is any free one. */
  readonly apnsPort?: number;
  readonly fcmPort?: number;
  readonly controlPort?: number;
  /** Default 127.0.0.1 whatever `host` is: the control API asks for no credentials. */
  readonly controlHost?: string;
  /** The TLS identity; a new one is made when absent. */
  readonly tls?: TlsIdentity;
  /** The folder that keeps CA and leaf, so that they are the same after a restart. Not used beside `tls`. */
  readonly tlsDir?: string;
  /** Milliseconds before every answer; default 0. */
  readonly latencyMs?: Latency;
  /** APNs streams per connection after the first accepted token; default 1000. FCM's are always 100. */
  readonly maxConcurrentStreams?: number;
  readonly clock?: Clock;
  /** How many notifications the ledger keeps payload and headers of; default 1000. */
  readonly keepPayloads?: number;
  /** How many requests the log keeps; default 1000. */
  readonly keepRequests?: number;
  readonly apns?: Partial<ApnsOptions>;
  readonly fcm?: Partial<FcmOptions>;
}

/** Runs APNs and FCM on real sockets, with a ledger of what devices show, fault scripts and a control API. */
export class Simulator implements Controllable {
  static async start(options: SimulatorOptions = {}): Promise<Simulator> {
    const clock = options.clock ?? new SystemClock();
    const tls =
      options.tls ??
      (options.tlsDir === undefined
        ? await createTlsIdentity(clock)
        : await loadTlsIdentity(options.tlsDir, clock));
    const simulator = new Simulator(options, tls, clock);
    try {
      await simulator.#apns.server.listen();
      await simulator.#fcm.server.listen();
      await simulator.#control.listen();
    } catch (error) {
      await simulator.close();
      throw error;
    }
    return simulator;
  }

  readonly ledger: Ledger;
  readonly log: RequestLog;
  readonly faults: FaultScripts;
  readonly devices = new DeviceFacts();
  readonly accounts: Accounts;
  /** The CA that clients have to trust, in PEM. */
  readonly ca: string;

  readonly #apns: SimulatedGateway<ApnsKey>;
  readonly #fcm: SimulatedGateway<FcmServiceAccount>;
  readonly #control: ControlApi;

  private constructor(options: SimulatorOptions, tls: TlsIdentity, clock: Clock) {
    const { host = '127.0.0.1', latencyMs = 0, maxConcurrentStreams = 1000 } = options;
    this.ca = tls.ca;
    this.ledger = new Ledger(options.keepPayloads);
    this.log = new RequestLog(options.keepRequests);
    this.faults = new FaultScripts((gateway, ms) => {
      (gateway === 'apns' ? this.#apns : this.#fcm).server.refuse(ms);
    });
    const world = (gateway: Gateway, port = 0): GatewayWorld => ({
      clock,
      devices: this.devices,
      ledger: this.ledger,
      serve: (rules, settings) =>
        new GatewayServer(
          { host, port, tls, ...settings },
          new RequestPipeline(gateway, rules, latencyMs, this.faults, this.ledger, this.log),
        ),
    });
    const { apns = {}, apnsPort, fcm = {}, fcmPort } = options;
    this.#apns = simulateApns(apns, maxConcurrentStreams, world('apns', apnsPort));
    this.#fcm = simulateFcm(fcm, world('fcm', fcmPort));
    this.accounts = {
      registerApnsKey: (key) => {
        this.#apns.register(key);
      },
      registerFcmServiceAccount: (account) => {
        this.#fcm.register(account);
      },
    };
    this.#control = new ControlApi(
      routesOf(this, clock),
      options.controlHost ?? '127.0.0.1',
      options.controlPort ?? 0,
    );
  }

  get apnsUrl(): string {
    return this.#apns.server.url;
  }

  /** The URL of the send endpoint and of the token endpoint, `/token`. */
  get fcmUrl(): string {
    return this.#fcm.server.url;
  }

  get controlUrl(): string {
    return this.#control.url;
  }

  /** Forgets everything but the connections: ledger, log, faults, devices, accounts, quotas. */
  reset(): void {
    this.ledger.reset();
    this.log.reset();
    this.faults.clear();
    this.devices.reset();
    this.#apns.reset();
    this.#fcm.reset();
  }

  async close(): Promise<void> {
    await Promise.all([this.#apns.server.close(), this.#fcm.server.close(), this.#control.close()]);
  }
}
