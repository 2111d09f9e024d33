import { gateways } from '@app/core';
import { z } from 'zod';

const milliseconds = z.int().min(0).max(3_600_000);
/** Did the notification reach the device before the fault struck? The dangerous half of every lost answer. */
const shown = z.boolean().optional();

export const faultAction = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('answer'),
    status: z.int().min(400).max(599),
    /** An APNs reason or FCM error code. */
    reason: z.string().min(1),
    retryAfterSeconds: z.int().min(0).optional(),
    /** For APNs 410, in epoch milliseconds. */
    timestamp: z.int().min(0).optional(),
    /** Whose quota FCM's QUOTA_EXCEEDED names; default the project's. */
    quota: z.enum(['project', 'device', 'topic']).optional(),
  }),
  /** Answers normally, but later. */
  z.strictObject({ type: z.literal('latency'), ms: milliseconds }),
  /** Never answers, and keeps the connection. */
  z.strictObject({ type: z.literal('stall'), shown }),
  /** Sends RST_STREAM with an HTTP/2 error code; default INTERNAL_ERROR (2). */
  z.strictObject({ type: z.literal('reset'), code: z.int().min(0).max(13).optional(), shown }),
  /** Sends GOAWAY once a connection has had so many requests; later requests on it are not processed. */
  z.strictObject({
    type: z.literal('goaway'),
    afterRequests: z.int().min(1),
    reason: z.string().min(1).optional(),
    code: z.int().min(0).max(13).optional(),
  }),
  /** Drops the socket without a word. */
  z.strictObject({ type: z.literal('destroy'), shown }),
  /** Drops every connection of the gateway at once and refuses new ones for so long. */
  z.strictObject({ type: z.literal('refuse'), ms: milliseconds.min(1) }),
]);

export const faultRule = z
  .strictObject({
    gateway: z.enum(gateways),
    /** Limits the rule to requests for this device. */
    token: z.string().min(1).optional(),
    /** Limits the rule to devices whose token begins so. */
    tokenPrefix: z.string().min(1).optional(),
    /** How often the rule strikes before it is gone; default for ever. */
    times: z.int().min(1).optional(),
    /** How many matching requests it lets pass first; default none. */
    after: z.int().min(0).optional(),
    action: faultAction,
  })
  .refine((rule) => rule.token === undefined || rule.tokenPrefix === undefined, {
    path: ['tokenPrefix'],
    error: 'give either token or tokenPrefix',
  })
  .refine(
    ({ action, token, tokenPrefix, times, after }) =>
      action.type !== 'refuse' ||
      [token, tokenPrefix, times, after].every((value) => value === undefined),
    {
      path: ['action'],
      error: 'refuse takes effect at once for the whole gateway; it takes no token, times or after',
    },
  );

export type FaultAction = z.infer<typeof faultAction>;
export type FaultRule = z.infer<typeof faultRule>;
/** The faults that a request can meet; `refuse` is about the listener and never gets there. */
export type RequestFault = Exclude<FaultAction, { type: 'refuse' }>;
