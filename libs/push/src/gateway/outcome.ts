/**
 * What a gateway said about one delivery, as one of our classes. The class alone decides what happens next:
 *
 * | class         | the delivery            | the device                  | the lane                |
 * |---------------|-------------------------|-----------------------------|-------------------------|
 * | accepted      | accepted                | kept                        | goes on                 |
 * | message       | failed                  | kept                        | goes on                 |
 * | token         | failed                  | retired, unless it registered again after `invalidSince` | goes on |
 * | device        | failed                  | kept                        | goes on                 |
 * | device_rate   | tried again later       | kept                        | goes on                 |
 * | project_rate  | tried again later       | kept                        | pauses for `retryAfterMs` |
 * | credential    | stays pending           | kept                        | breaker opens           |
 * | configuration | stays pending           | kept                        | breaker opens           |
 * | transport     | tried again later       | kept                        | slows down              |
 * | withdrawn     | stays pending           | kept                        | goes on                 |
 *
 * A `doubtful` fault may be one device's or ours. While few users get it, it is as the table says from the second time on,
 * but a token fault only makes the device suspect. When many get it, it is a configuration fault, whatever its class.
 */
export type Outcome = Accepted | Fault;

export interface Accepted {
  readonly class: 'accepted';
  /** The gateway's own name of the message, where it gives one that we did not choose (FCM). */
  readonly gatewayId?: string;
}

export type FaultClass =
  | 'message'
  | 'token'
  | 'device'
  | 'device_rate'
  | 'project_rate'
  | 'credential'
  | 'configuration'
  | 'transport'
  /** It had to wait, and may not leave any more. */
  | 'withdrawn';

export interface Fault {
  readonly class: FaultClass;
  /** The gateway's own reason or error code, or one of our transport reasons. Stored and shown as is. */
  readonly reason: string;
  /** More words for the log and the operator; never a secret. */
  readonly detail?: string;
  /** For class token: since when the gateway knows the token to be invalid (APNs 410 `timestamp`). */
  readonly invalidSince?: Date;
  /**
   * Whether the same answer is given to one odd device and when something of ours is wrong, e.g. the environment, the
   * topic or the project (BadDeviceToken, DeviceTokenNotForTopic, SENDER_ID_MISMATCH); or nobody knows whom it accuses.
   */
  readonly doubtful?: boolean;
  /** How long the gateway asked us to wait (Retry-After), in milliseconds. */
  readonly retryAfterMs?: number;
  /** False when the request certainly never reached the gateway, so that a repeat cannot show twice, and it says nothing of our credentials. */
  readonly sent?: boolean;
}
