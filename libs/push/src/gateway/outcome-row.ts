import type { Fault, FaultClass } from './outcome';

/** One row of an outcome table: the meaning of a reason or error code. */
export interface OutcomeRow {
  readonly class: FaultClass;
  readonly doubtful?: true;
  /** Our own pause in milliseconds, where the gateway names none. */
  readonly retryAfterMs?: number;
  /** The connection is of no more use; the next requests take another one. */
  readonly newConnection?: true;
}

/** What an answer says besides its reason. */
export interface AnswerFacts {
  readonly detail?: string;
  readonly invalidSince?: Date;
  readonly retryAfterMs?: number;
}

export function faultOf(row: OutcomeRow, reason: string, facts: AnswerFacts = {}): Fault {
  const retryAfterMs = facts.retryAfterMs ?? row.retryAfterMs;
  return {
    class: row.class,
    reason,
    ...(facts.detail !== undefined && { detail: facts.detail }),
    ...(row.class === 'token' && facts.invalidSince && { invalidSince: facts.invalidSince }),
    ...(row.doubtful && { doubtful: true }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    // It was answered, so it was there; whether it was also processed is unknown.
    ...(row.class === 'transport' && { sent: true }),
  };
}

/**
 * Judges an answer that is not in the gateway's own form: something between us and the gateway spoke (proxy, load
 * balancer, captive portal), or the URL is wrong. Neither the message nor the device can be blamed, nor can one such
 * answer blame the way: a proxy may dislike one path or one body.
 */
export function strangerRow(status: number): OutcomeRow {
  if (status >= 500 || status === 408) return { class: 'transport' };
  if (status === 429) return { class: 'project_rate', retryAfterMs: 60_000 };
  return { class: 'transport', doubtful: true };
}

/**
 * Judges a reason of the gateway that no table knows. Only a known reason may cost a device, stop a lane by itself or
 * be held against every message that is like this one.
 */
export function unknownRow(status: number): OutcomeRow {
  if (status >= 500) return { class: 'transport' };
  return { class: 'device', doubtful: true };
}
