import type { Accusation, Accuser } from '@app/devices';
import type { DeliveryState } from '../messages/delivery.entity';

/** A delivery that is due, with what is known of its device. */
export interface PendingDelivery {
  readonly messageId: string;
  readonly seq: number;
  readonly deviceId: string;
  readonly attempts: number;
  /** The reason why the last attempt did not end the delivery. */
  readonly reason: string | null;
  /** The device's token; null when the device was removed since planning. */
  readonly token: string | null;
  readonly retired: boolean;
  /** The moment of reading by the database's clock, like a device's registration. */
  readonly readAt: Date;
}

/** The result of one delivery. `pending` with `retryInMs` is tried again after that time. */
export interface Result {
  readonly seq: number;
  readonly state: DeliveryState;
  readonly reason?: string | undefined;
  readonly gatewayId?: string | undefined;
  readonly retryInMs?: number | undefined;
  /** Whether a pending delivery was sent, and nobody knows what came of it. */
  readonly mayBeShown?: boolean;
  /** The gateway's word against the device's token. */
  readonly accusation?: { readonly accuser: Accuser; readonly word: Accusation } | undefined;
}

/** Stores what becomes of the deliveries of a pass. */
export interface ResultRecorder<Delivery extends PendingDelivery> {
  /** Whether something could not be stored; `flush` tries again. Until then, what is sent may be sent twice. */
  readonly isFailing: boolean;
  add(result: Result, delivery: Delivery): void;
  /** Resolves when everything added so far is stored. @throws OutcomesLostError when it can't be stored */
  flush(): Promise<void>;
}
