import { gateways } from '@app/core';
import { z } from 'zod';

const milliseconds = z.int().min(0).max(3_600_000);
/** Did the notification reach the device before the fault struck? The dangerous half of every lost answer. */
const shown = z.boolean().optional();

export const faultAction = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('answer'),
    status: z.int().min(400).max(599),
    /** APNs reason or FCM error code. */
    reason: z.string().min(1),
    retryAfterSeconds: z.int().min(0).optional(),
    /** APNs 410: epoch milliseconds. */
    timestamp: z.int().min(0).optional(),
    /** FCM QUOTA_EXCEEDED: whose quota; default the project's. */
    quota: z.enum(['project', 'device', 'topic']).optional(),
  }),
  /** Answers normally, so much later. */
  z.strictObject({ type: z.literal('latency'), ms: milliseconds }),
  /** Never answers, and keeps the connection. */
  z.strictObject({ type: z.literal('stall'), shown }),
  /** RST_STREAM with an HTTP/2 error code; default INTERNAL_ERROR (2). */
  z.strictObject({ type: z.literal('reset'), code: z.int().min(0).max(13).optional(), shown }),
  /** Once a connection has sent so many requests: GOAWAY; later requests on it are not processed. */
  z.strictObject({
    type: z.literal('goaway'),
    afterRequests: z.int().min(1),
    reason: z.string().min(1).optional(),
    code: z.int().min(0).max(13).optional(),
  }),
  /** Drops the socket without a word. */
  z.strictObject({ type: z.literal('destroy'), shown }),
  /** At once: every connection of the gateway is dropped and new ones are refused for so long. */
  z.strictObject({ type: z.literal('refuse'), ms: milliseconds.min(1) }),
]);

export const faultRule = z
  .strictObject({
    gateway: z.enum(gateways),
    /** Only requests for this device. */
    token: z.string().min(1).optional(),
    /** Only requests for devices whose token begins so. */
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
/** What a request can meet; `refuse` is about the listener and never gets there. */
export type RequestFault = Exclude<FaultAction, { type: 'refuse' }>;
