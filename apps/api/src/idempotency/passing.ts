import type { Failure, FailureKind } from '../http/failure';

const passes: Readonly<Record<FailureKind, boolean>> = {
  invalid: false,
  unauthenticated: true,
  forbidden: true,
  not_found: false,
  conflict: false,
  precondition: false,
  unprocessable: false,
  rate_limited: true,
  unavailable: true,
  malformed: false,
  internal: true,
};

/**
 * Tells whether nothing was done, and the next time it may turn out otherwise: such a failure is no answer to keep. A
 * login that failed has been counted, which must not be undone.
 */
export const isPassing = ({ kind, code }: Pick<Failure, 'kind' | 'code'>) =>
  passes[kind] && code !== 'LOGIN_FAILED';
