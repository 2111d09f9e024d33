import { Errors } from 'apns2';
import type { Answer } from '../http2/exchange';
import { parseObject } from '../gateway/json';
import type { Fault } from '../gateway/outcome';
import { faultOf, strangerRow, unknownRow, type OutcomeRow } from '../gateway/outcome-row';
import { minTokenAgeMs } from './provider-token';
import { retryAfterMs } from '../gateway/retry-after';

const message: OutcomeRow = { class: 'message' };
const token: OutcomeRow = { class: 'token' };
const configuration: OutcomeRow = { class: 'configuration' };
const credential: OutcomeRow = { class: 'credential' };
const transport: OutcomeRow = { class: 'transport' };

/** The device's own facts may lead to such an answer, or a wrong way to the gateway for all devices. */
const oddDevice: OutcomeRow = { class: 'device', doubtful: true };

/** Maps every reason of Apple's "Handling notification responses from APNs" to what it accuses. */
export const apnsOutcomes: ReadonlyMap<string, OutcomeRow> = new Map<string, OutcomeRow>([
  [Errors.badCollapseId, message],
  [Errors.badExpirationDate, message],
  [Errors.badPriority, message],
  [Errors.invalidPushType, message],
  [Errors.payloadEmpty, message],
  [Errors.payloadTooLarge, message],

  // The sandbox's tokens get the first of these in production, another app's tokens the second.
  [Errors.badDeviceToken, { class: 'token', doubtful: true }],
  [Errors.deviceTokenNotForTopic, { class: 'token', doubtful: true }],
  [Errors.unregistered, token],
  ['ExpiredToken', token],

  [Errors.badTopic, configuration],
  [Errors.missingTopic, configuration],
  [Errors.topicDisallowed, configuration],
  [Errors.methodNotAllowed, configuration],

  // The path, the id and the headers hold nothing that the author wrote: a device whose token makes an odd path, or
  // something on the way that changes what we send.
  [Errors.badPath, oddDevice],
  [Errors.missingDeviceToken, oddDevice],
  [Errors.badMessageId, oddDevice],
  [Errors.duplicateHeaders, oddDevice],

  [Errors.badCertificate, credential],
  [Errors.badCertificateEnvironment, credential],
  [Errors.forbidden, credential],
  [Errors.invalidProviderToken, credential],
  [Errors.missingProviderToken, credential],
  ['BadEnvironmentKeyIdInToken', credential],
  ['BadEnvironmentKeyInToken', credential],
  // The gateway has replaced the token once before it asks this table: then our clock is wrong.
  [Errors.expiredProviderToken, credential],

  // This device has had too much; the others go on.
  [Errors.tooManyRequests, { class: 'device_rate' }],
  // The whole team is refused until its token is old enough; a breaker would accuse a credential that is right.
  [
    Errors.tooManyProviderTokenUpdates,
    { class: 'project_rate', retryAfterMs: minTokenAgeMs, newConnection: true },
  ],

  // Each gateway has one key on its connections, so somebody in between has mixed them.
  ['UnrelatedKeyIdInToken', { class: 'transport', newConnection: true }],
  [Errors.idleTimeout, { class: 'transport', newConnection: true }],
  [Errors.shutdown, { class: 'transport', newConnection: true }],
  [Errors.internalServerError, transport],
  [Errors.serviceUnavailable, transport],
]);

const rowByStatus = (status: number): OutcomeRow =>
  status === 429 ? { class: 'device_rate' } : unknownRow(status);

/** Reads the outcome of an answer other than 200. */
export function apnsFault({ status, body, retryAfter, retire }: Answer, now: Date): Fault {
  const { reason, timestamp } = parseObject(body) ?? {};
  const wait = retryAfterMs(retryAfter, now);
  const facts = wait === undefined ? {} : { retryAfterMs: wait };
  if (typeof reason !== 'string') return faultOf(strangerRow(status), `HTTP ${status}`, facts);

  const row = apnsOutcomes.get(reason) ?? rowByStatus(status);
  if (row.newConnection) retire();
  const since = typeof timestamp === 'number' ? new Date(timestamp) : undefined;
  return faultOf(row, reason, {
    ...facts,
    ...(since && !Number.isNaN(since.getTime()) && { invalidSince: since }),
  });
}
