import type { Answer, ScriptedRefusal } from '../wire/request';

/** The shape of `google.rpc.BadRequest.FieldViolation`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

type Detail = Readonly<Record<string, unknown>> & { readonly '@type': string };

const google = 'type.googleapis.com/google';
const fcmError = (errorCode: string): Detail => ({
  '@type': `${google}.firebase.fcm.v1.FcmError`,
  errorCode,
});
const badRequest = (...fieldViolations: FieldViolation[]): Detail => ({
  '@type': `${google}.rpc.BadRequest`,
  fieldViolations,
});
const quotaFailure = (subject: string, description: string): Detail => ({
  '@type': `${google}.rpc.QuotaFailure`,
  violations: [{ subject, description }],
});
export const errorInfo = (reason: string): Detail => ({
  '@type': `${google}.rpc.ErrorInfo`,
  reason,
  domain: 'googleapis.com',
});

/** The canonical status for an HTTP status, where Google's APIs have one. */
const canonical: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const words: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: 'The registration token is not a valid FCM registration token',
  UNREGISTERED: 'Requested entity was not found.',
  SENDER_ID_MISMATCH: 'SenderId mismatch',
  THIRD_PARTY_AUTH_ERROR: 'Auth error from APNS or Web Push Service',
  QUOTA_EXCEEDED: 'Quota exceeded.',
  INTERNAL: 'Internal error encountered.',
  UNAVAILABLE: 'The service is currently unavailable.',
};

const quotaSubjects = {
  project: 'The rate of messages of this project is too high.',
  device: 'The rate of messages to this device is too high.',
  topic: 'The rate of messages to subscribers of this topic is too high.',
} as const;

/** Builds Google's error envelope. The summary counts `reason`. */
export function googleError(
  status: number,
  message: string,
  details: readonly Detail[],
  reason: string,
  retryAfterSeconds?: number,
): Answer {
  const error = { code: status, message, status: canonical[status] ?? 'UNKNOWN', details };
  return {
    status,
    reason,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ error }),
  };
}

/** Builds refusals that carry an FCM error code, the rules' own and the scripted ones. */
export function fcmRefusal({ status, reason, quota, retryAfterSeconds }: ScriptedRefusal): Answer {
  const details = [fcmError(reason)];
  if (reason === 'QUOTA_EXCEEDED') {
    const subject = quota ?? 'project';
    details.push(quotaFailure(subject, quotaSubjects[subject]));
  }
  return googleError(status, words[reason] ?? reason, details, reason, retryAfterSeconds);
}

/** Refuses a message that violates schema or rules: one BadRequest, whose message is the first description. */
export function invalidMessage(violations: readonly FieldViolation[], code?: 'fcm'): Answer {
  const details = [badRequest(...violations)];
  if (code === 'fcm') details.unshift(fcmError('INVALID_ARGUMENT'));
  const message = violations[0]?.description ?? 'Request contains an invalid argument.';
  return googleError(400, message, details, 'INVALID_ARGUMENT');
}
