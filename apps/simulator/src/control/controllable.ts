import type { ApnsKey } from '../apns/provider-tokens';
import type { DeviceFacts } from '../devices/device-facts';
import type { Ledger } from '../devices/ledger';
import type { FaultScripts } from '../faults/fault-scripts';
import type { FcmServiceAccount } from '../fcm/fcm-tokens';
import type { RequestLog } from '../wire/request-log';

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
