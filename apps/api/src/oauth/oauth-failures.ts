import { type FailureKind, headersOf } from '../http/failure';
import type { Renderer } from '../http/renderer';

/** The error codes of RFC 6749 §5.2 and RFC 6750 §3.1 for the kinds of failures. */
const errorOfKind: Readonly<Record<FailureKind, string>> = {
  invalid: 'invalid_request',
  unauthenticated: 'invalid_token',
  forbidden: 'insufficient_scope',
  not_found: 'invalid_request',
  conflict: 'invalid_request',
  precondition: 'invalid_request',
  unprocessable: 'invalid_request',
  rate_limited: 'temporarily_unavailable',
  unavailable: 'temporarily_unavailable',
  malformed: 'invalid_request',
  internal: 'server_error',
};

/** The error codes that RFC 6749 tells apart within a kind. */
const errorOfCode: Readonly<Record<string, string>> = {
  INVALID_GRANT: 'invalid_grant',
  INVALID_SCOPE: 'invalid_scope',
  UNSUPPORTED_GRANT_TYPE: 'unsupported_grant_type',
};

/**
 * Renders failures with the members of RFC 6749 and those of Xtremepush's External API, so that clients of either kind
 * can read them. A refused assertion is 400 to the former; in the Authorization header it is 401, as for any credential
 * there.
 */
export const oauthFailures: Renderer = {
  edge: 'OAuth',
  owns: (path) => /^\/api\/oauth(?=[/?]|$)/.test(path),
  render: (failure, { headers: { authorization } }) => {
    const { kind, code = '', message } = failure;
    const isPosted = code === 'INVALID_GRANT' && authorization === undefined;
    const status = isPosted ? 400 : failure.status;
    return {
      status,
      headers: {
        'cache-control': 'no-store',
        pragma: 'no-cache',
        ...(status !== 400 && headersOf(failure)),
      },
      body: {
        error: errorOfCode[code] ?? errorOfKind[kind],
        error_description: message,
        success: false,
        code: status,
        message,
      },
    };
  },
};
