import { InvalidTokenError, UnauthenticatedError } from '@app/auth';
import type { Strategy } from 'passport-jwt';
import type { BearerRequest } from './bearer';

/**
 * Asks a passport strategy who sent the request, as passport's middleware does, but without its register of strategies,
 * of which a process has only one.
 * @throws UnauthenticatedError, InvalidTokenError, or the reason other than the token why the strategy failed
 */
export function runStrategy<Identity>(
  strategy: Strategy,
  request: BearerRequest,
): Promise<Identity> {
  return new Promise((resolve, reject) => {
    const attempt = Object.assign(Object.create(strategy) as Strategy, {
      success: resolve,
      fail: (why: unknown) => {
        reject(why instanceof Error ? asRefusal(why) : new InvalidTokenError('Refused'));
      },
      error: reject,
    });
    attempt.authenticate(request as never);
  });
}

/** Finds the cause of a failure: passport-jwt blames the token for a failed key look-up, also when the database is away. */
function asRefusal(error: Error): Error {
  if (error.message === 'No auth token') return new UnauthenticatedError();
  return error.name === 'JsonWebTokenError' ? new InvalidTokenError(error.message) : error;
}
