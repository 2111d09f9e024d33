import type { Answer } from '../http2/exchange';
import { isObject, parseObject, type JsonObject } from '../gateway/json';
import type { Fault } from '../gateway/outcome';
import { faultOf, strangerRow, unknownRow, type OutcomeRow } from '../gateway/outcome-row';
import { retryAfterMs } from '../gateway/retry-after';

const message: OutcomeRow = { class: 'message' };
const token: OutcomeRow = { class: 'token' };
const configuration: OutcomeRow = { class: 'configuration' };
const credential: OutcomeRow = { class: 'credential' };
const transport: OutcomeRow = { class: 'transport' };
const doubtfulToken: OutcomeRow = { class: 'token', doubtful: true };
const oddDevice: OutcomeRow = { class: 'device', doubtful: true };
/** Pauses for a minute where no Retry-After names another time, the least that Google's documents ask for. */
const projectRate: OutcomeRow = { class: 'project_rate', retryAfterMs: 60_000 };
const deviceRate: OutcomeRow = { class: 'device_rate', retryAfterMs: 60_000 };

/**
 * Maps the error codes of a FcmError detail (Google's `ErrorCode`) to what they accuse: FCM itself speaks about this
 * message to this device.
 */
export const fcmErrorOutcomes: ReadonlyMap<string, OutcomeRow> = new Map<string, OutcomeRow>([
  ['UNSPECIFIED_ERROR', transport],
  ['INVALID_ARGUMENT', message],
  ['UNREGISTERED', token],
  // Not in Google's list: of the device, or of the project.
  ['NOT_FOUND', doubtfulToken],
  // Of a token of another project, or of our project being the wrong one.
  ['SENDER_ID_MISMATCH', doubtfulToken],
  ['QUOTA_EXCEEDED', projectRate],
  ['UNAVAILABLE', transport],
  ['INTERNAL', transport],
  // FCM can't reach Apple or the browser's service: a token of an iOS app or a web page among those of Android, for
  // which Firebase has no key, or a bad one. Nothing else goes there.
  ['THIRD_PARTY_AUTH_ERROR', oddDevice],
]);

/** Maps the canonical status of an error without FcmError: Google's front end speaks, before FCM looked at the message. */
export const fcmStatusOutcomes: ReadonlyMap<string, OutcomeRow> = new Map<string, OutcomeRow>([
  ['INVALID_ARGUMENT', message],
  ['OUT_OF_RANGE', message],
  ['UNAUTHENTICATED', credential],
  // The service account has no leave to send, or the API is switched off.
  ['PERMISSION_DENIED', configuration],
  // No such project, or no such device: the code that would tell is missing.
  ['NOT_FOUND', oddDevice],
  // Google does not say of what.
  ['FAILED_PRECONDITION', oddDevice],
  ['UNIMPLEMENTED', configuration],
  ['RESOURCE_EXHAUSTED', projectRate],
  ['ABORTED', transport],
  ['CANCELLED', transport],
  ['DEADLINE_EXCEEDED', transport],
  ['INTERNAL', transport],
  ['UNAVAILABLE', transport],
  ['UNKNOWN', transport],
]);

const rowByStatus = (status: number): OutcomeRow =>
  status === 429 ? projectRate : unknownRow(status);

/** Reads the outcome of an answer other than 200. */
export function fcmFault({ status, body, retryAfter }: Answer, now: Date): Fault {
  const wait = retryAfterMs(retryAfter, now);
  const error = parseObject(body)?.error;
  if (!isObject(error) || typeof error.status !== 'string') {
    const facts = wait === undefined ? {} : { retryAfterMs: wait };
    return faultOf(strangerRow(status), `HTTP ${status}`, facts);
  }
  const text = typeof error.message === 'string' ? error.message.slice(0, 500) : '';
  const code = detailOf(error, 'FcmError')?.errorCode;
  const facts = { detail: text, ...(wait !== undefined && { retryAfterMs: wait }) };
  const [row, reason] =
    typeof code === 'string'
      ? [fcmRow(code, status, text, error), code]
      : [statusRow(error.status, status, error), error.status];
  return faultOf(row.class === 'project_rate' ? rateRow(error) : row, reason, facts);
}

function fcmRow(code: string, status: number, text: string, error: JsonObject): OutcomeRow {
  if (code === 'INVALID_ARGUMENT' && blamesToken(text, error)) return token;
  // A canonical status in the place of a code says what it says anywhere.
  return fcmErrorOutcomes.get(code) ?? fcmStatusOutcomes.get(code) ?? rowByStatus(status);
}

function statusRow(name: string, status: number, error: JsonObject): OutcomeRow {
  // FCM hands on what Apple answered for this device; the FcmError beside it may be missing.
  if (detailOf(error, 'ApnsError') !== undefined) return oddDevice;
  return fcmStatusOutcomes.get(name) ?? rowByStatus(status);
}

/** Recognizes the only form of INVALID_ARGUMENT that is about the device: this sentence, and no other field found wrong. */
function blamesToken(text: string, error: JsonObject): boolean {
  const fields = listOf(detailOf(error, 'BadRequest')?.fieldViolations);
  return (
    text.includes('registration token is not a valid FCM registration token') &&
    fields.every(({ field }) => field === 'message.token')
  );
}

/** Tells whether the device's quota or the project's is exceeded. */
function rateRow(error: JsonObject): OutcomeRow {
  const violations = listOf(detailOf(error, 'QuotaFailure')?.violations);
  return violations.length > 0 && violations.every((one) => /device/i.test(JSON.stringify(one)))
    ? deviceRate
    : projectRate;
}

function detailOf(error: JsonObject, type: string): JsonObject | undefined {
  return listOf(error.details).find((detail) => {
    const name = detail['@type'];
    return typeof name === 'string' && name.endsWith(`.${type}`);
  });
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
