import type { Answer } from './exchange';
import { isObject, parseObject, type JsonObject } from './json';
import type { Fault } from './outcome';
import { faultOf, strangerRow, type OutcomeRow } from './outcome-row';
import { retryAfterMs } from './retry-after';

const message: OutcomeRow = { class: 'message' };
const token: OutcomeRow = { class: 'token' };
const configuration: OutcomeRow = { class: 'configuration' };
const credential: OutcomeRow = { class: 'credential' };
const transport: OutcomeRow = { class: 'transport' };
/** Google's documents ask for a minute at least, where no Retry-After names another pause. */
const projectRate: OutcomeRow = { class: 'project_rate', retryAfterMs: 60_000 };
const deviceRate: OutcomeRow = { class: 'device_rate', retryAfterMs: 60_000 };

/** The error codes of a FcmError detail (Google's `ErrorCode`): FCM itself speaks about this message. */
export const fcmErrorOutcomes: ReadonlyMap<string, OutcomeRow> = new Map([
  ['UNSPECIFIED_ERROR', transport],
  ['INVALID_ARGUMENT', message],
  ['UNREGISTERED', token],
  ['NOT_FOUND', token],
  ['SENDER_ID_MISMATCH', { class: 'token', doubtful: true }],
  ['QUOTA_EXCEEDED', projectRate],
  ['UNAVAILABLE', transport],
  ['INTERNAL', transport],
  // The key for Apple or the browsers that was uploaded to Firebase is bad.
  ['THIRD_PARTY_AUTH_ERROR', credential],
]);

/** The canonical status of an error without FcmError: Google's front end speaks, before FCM looked at the message. */
export const fcmStatusOutcomes: ReadonlyMap<string, OutcomeRow> = new Map([
  ['INVALID_ARGUMENT', message],
  ['OUT_OF_RANGE', message],
  ['UNAUTHENTICATED', credential],
  // The service account has no leave to send, or the API is switched off.
  ['PERMISSION_DENIED', configuration],
  // No such project. It says nothing about the device.
  ['NOT_FOUND', configuration],
  ['FAILED_PRECONDITION', configuration],
  ['UNIMPLEMENTED', configuration],
  ['RESOURCE_EXHAUSTED', projectRate],
  ['ABORTED', transport],
  ['CANCELLED', transport],
  ['DEADLINE_EXCEEDED', transport],
  ['INTERNAL', transport],
  ['UNAVAILABLE', transport],
  ['UNKNOWN', transport],
]);

/** What an unknown code means. Only a known code may cost a device. */
function rowByStatus(status: number): OutcomeRow {
  if (status === 401) return credential;
  if (status === 403 || status === 404) return configuration;
  if (status === 429) return projectRate;
  return status >= 500 ? transport : message;
}

/** The outcome of an answer other than 200. */
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
  if (typeof code !== 'string') {
    const row = fcmStatusOutcomes.get(error.status) ?? rowByStatus(status);
    return faultOf(row.class === 'project_rate' ? rateRow(error) : row, error.status, facts);
  }
  return faultOf(fcmRow(code, status, text, error), code, facts);
}

function fcmRow(code: string, status: number, text: string, error: JsonObject): OutcomeRow {
  if (code === 'QUOTA_EXCEEDED') return rateRow(error);
  if (code === 'INVALID_ARGUMENT' && blamesToken(text, error)) return token;
  return fcmErrorOutcomes.get(code) ?? rowByStatus(status);
}

/** The only form of INVALID_ARGUMENT that is about the device: this sentence, and no other field found wrong. */
function blamesToken(text: string, error: JsonObject): boolean {
  const fields = listOf(detailOf(error, 'BadRequest')?.fieldViolations);
  return (
    text.includes('registration token is not a valid FCM registration token') &&
    fields.every(({ field }) => field === 'message.token')
  );
}

/** Whose quota is exceeded: the one device's or the project's. */
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
