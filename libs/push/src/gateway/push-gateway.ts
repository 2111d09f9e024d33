import type { Gateway } from '@app/core';
import type { MessageContent } from '../content/message';
import type { Outcome } from './outcome';

/** One delivery as a gateway needs it. */
export interface PushTarget {
  readonly token: string;
  /** The delivery's id for ever: a lower-case UUID. It is the `apns-id` and the source of the collapse id and tag. */
  readonly deliveryId: string;
  /** Tells whether it may leave; asked again for as long as it waits for a connection. When absent, it may. */
  readonly mayLeave?: () => boolean;
}

/** A message that was prepared once for one gateway, to be sent to any number of devices. */
export interface PreparedMessage {
  /** Never throws for what a gateway or a network does: a rejection is an answer. */
  deliver(target: PushTarget): Promise<Outcome>;
}

/** One application's way to one gateway, with its credentials and its long-lived connections. */
export abstract class PushGateway {
  abstract readonly gateway: Gateway;

  /** Builds and measures the payload. @throws InvalidMessageError when the gateway would refuse it for every device. */
  abstract prepare(content: MessageContent): PreparedMessage;

  /** How many sends may usefully be under way at once now: the sum of the connections' stream windows. */
  abstract readonly window: number;

  /** Ends the connections once the requests under way have their answers, or after `graceMs`. */
  abstract close(graceMs?: number): Promise<void>;
}
