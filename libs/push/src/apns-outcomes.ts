import { Errors } from 'apns2';
import type { Answer } from './exchange';
import { parseObject } from './json';
import type { Fault } from './outcome';
import { faultOf, strangerRow, type OutcomeRow } from './outcome-row';
import { minTokenAgeMs } from './provider-token';
import { retryAfterMs } from './retry-after';

const message: OutcomeRow = { class: 'message' };
const token: OutcomeRow = { class: 'token' };
const configuration: OutcomeRow = { class: 'configuration' };
const credential: OutcomeRow = { class: 'credential' };
const transport: OutcomeRow = { class: 'transport' };

/** Every reason of Apple's "Handling notification responses from APNs". */
export const apnsOutcomes: ReadonlyMap<string, OutcomeRow> = new Map<string, OutcomeRow>([
  [Errors.badCollapseId, message],
  [Errors.badExpirationDate, message],
  [Errors.badMessageId, message],
  [Errors.badPriority, message],
  [Errors.duplicateHeaders, message],
  [Errors.invalidPushType, message],
  [Errors.missingDeviceToken, message],
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
  // The path holds nothing of the message and only hexadecimal digits of the device: a wrong URL, or a bug of ours.
  [Errors.badPath, configuration],
  [Errors.methodNotAllowed, configuration],

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

/** What an unknown reason means. Only a known reason may cost a device. */
function rowByStatus(status: number): OutcomeRow {
  if (status === 401 || status === 403) return credential;
  if (status === 404 || status === 405) return configuration;
  if (status === 429) return { class: 'device_rate' };
  return status >= 500 ? transport : message;
}

/** The outcome of an answer other than 200. */
export function apnsFault({ status, body, retryAfter, connection }: Answer, now: Date): Fault {
  const { reason, timestamp } = parseObject(body) ?? {};
  const wait = retryAfterMs(retryAfter, now);
  const facts = wait === undefined ? {} : { retryAfterMs: wait };
  if (typeof reason !== 'string') return faultOf(strangerRow(status), `HTTP ${status}`, facts);

  const row = apnsOutcomes.get(reason) ?? rowByStatus(status);
  if (row.newConnection) connection.retire();
  const since = typeof timestamp === 'number' ? new Date(timestamp) : undefined;
  return faultOf(row, reason, {
    ...facts,
    ...(since && !Number.isNaN(since.getTime()) && { invalidSince: since }),
  });
}
