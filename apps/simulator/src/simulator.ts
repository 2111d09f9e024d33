import { type Clock, SystemClock } from '@app/core';
import { ApnsRules, type ApnsRulesOptions } from './apns/apns-rules';
import { ProviderTokens } from './apns/provider-tokens';
import { ControlApi } from './control/control-api';
import { routesOf } from './control/control-routes';
import type { Accounts, Controllable } from './control/controllable';
import { DeviceFacts } from './devices/device-facts';
import { Ledger } from './devices/ledger';
import { FaultScripts } from './faults/fault-scripts';
import { type FcmQuotaOptions, FcmQuotas } from './fcm/fcm-quotas';
import { FcmRules } from './fcm/fcm-rules';
import { FcmTokens } from './fcm/fcm-tokens';
import { GatewayServer } from './wire/gateway-server';
import type { Latency } from './wire/latency';
import type { GatewayRules } from './wire/request';
import { RequestLog } from './wire/request-log';
import { RequestPipeline } from './wire/request-pipeline';
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
  readonly apns?: Partial<ApnsRulesOptions> & {
    /** Distinct provider tokens per team and key within 20 minutes; default 1, Apple's rule. */
    readonly tokenUpdatesPer20Minutes?: number;
  };
  readonly fcm?: Partial<FcmQuotaOptions> & {
    /** Whether any bearer token is taken for projects that registered no account; default false. */
    readonly acceptForeignTokens?: boolean;
  };
}

const fcmStreams = 100;

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
      await simulator.#apns.listen();
      await simulator.#fcm.listen();
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

  readonly #apns: GatewayServer;
  readonly #fcm: GatewayServer;
  readonly #control: ControlApi;
  readonly #providerTokens: ProviderTokens;
  readonly #fcmTokens: FcmTokens;
  readonly #fcmQuotas: FcmQuotas;

  private constructor(options: SimulatorOptions, tls: TlsIdentity, clock: Clock) {
    const { host = '127.0.0.1', apns = {}, fcm = {} } = options;
    this.ca = tls.ca;
    this.ledger = new Ledger(options.keepPayloads);
    this.log = new RequestLog(options.keepRequests);
    this.faults = new FaultScripts((gateway, ms) => {
      (gateway === 'apns' ? this.#apns : this.#fcm).refuse(ms);
    });

    this.#providerTokens = new ProviderTokens(clock, apns.tokenUpdatesPer20Minutes ?? 1);
    this.#fcmTokens = new FcmTokens(clock, fcm.acceptForeignTokens ?? false);
    this.#fcmQuotas = new FcmQuotas({
      projectPerMinute: 600_000,
      projectPhaseMs: Math.floor(Math.random() * 60_000),
      devicePerMinute: 240,
      collapsible: false,
      retryAfter: true,
      ...fcm,
    });
    this.accounts = {
      registerApnsKey: (key) => {
        this.#providerTokens.register(key);
      },
      registerFcmServiceAccount: (account) => {
        this.#fcmTokens.register(account);
      },
    };

    const pipeline = (gateway: 'apns' | 'fcm', rules: GatewayRules) =>
      new RequestPipeline(
        gateway,
        rules,
        options.latencyMs ?? 0,
        this.faults,
        this.ledger,
        this.log,
      );
    this.#apns = new GatewayServer(
      {
        host,
        tls,
        port: options.apnsPort ?? 0,
        initialStreams: 1,
        maxConcurrentStreams: options.maxConcurrentStreams ?? 1000,
        allowHttp1: false,
      },
      pipeline(
        'apns',
        new ApnsRules(
          { authenticateLast: false, acceptUnknownPushTypes: false, ...apns },
          this.#providerTokens,
          this.devices,
          this.ledger,
          clock,
        ),
      ),
    );
    this.#fcm = new GatewayServer(
      {
        host,
        tls,
        port: options.fcmPort ?? 0,
        initialStreams: fcmStreams,
        maxConcurrentStreams: fcmStreams,
        allowHttp1: true,
      },
      pipeline(
        'fcm',
        new FcmRules(this.#fcmTokens, this.#fcmQuotas, this.devices, this.ledger, clock),
      ),
    );
    this.#control = new ControlApi(
      routesOf(this, clock),
      options.controlHost ?? '127.0.0.1',
      options.controlPort ?? 0,
    );
  }

  get apnsUrl(): string {
    return this.#apns.url;
  }

  /** The URL of the send endpoint and of the token endpoint, `/token`. */
  get fcmUrl(): string {
    return this.#fcm.url;
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
    this.#providerTokens.reset();
    this.#fcmTokens.reset();
    this.#fcmQuotas.reset();
  }

  async close(): Promise<void> {
    await Promise.all([this.#apns.close(), this.#fcm.close(), this.#control.close()]);
  }
}
