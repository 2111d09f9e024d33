import type { DeviceFacts } from './device-facts';
import type { FaultScripts } from './fault-scripts';
import type { FcmServiceAccount } from './fcm-tokens';
import type { Ledger } from './ledger';
import type { ApnsKey } from './provider-tokens';
import type { RequestLog } from './request-log';

/** Registers who may send, as Apple and Google would know it. A team or project without registered keys is trusted. */
export interface Accounts {
  /** @throws SimulatorInputError */
  registerApnsKey(key: ApnsKey): void;
  /** @throws SimulatorInputError */
  registerFcmServiceAccount(account: FcmServiceAccount): void;
}

/** What the control API shows and changes of a simulator. */
export interface Controllable {
  readonly ledger: Ledger;
  readonly log: RequestLog;
  readonly faults: FaultScripts;
  readonly devices: DeviceFacts;
  readonly accounts: Accounts;
  /** The CA that clients have to trust, in PEM. */
  readonly ca: string;
  /** Forgets everything. */
  reset(): void;
}
