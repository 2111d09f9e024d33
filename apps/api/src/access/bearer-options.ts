import type { KeyObject } from 'node:crypto';
import type { StrategyOptionsWithRequest } from 'passport-jwt';
import { type BearerRequest, bearerOf } from './bearer';

const timesAreOurs = { ignoreExpiration: true, jsonWebTokenOptions: { ignoreNotBefore: true } };

/**
 * Sets up passport-jwt to prove the signature; the claims are for the TokenVerifier, by our clock.
 * @param keyFor gives a cached KeyObject: with PEM text a verification costs five times as much
 */
export function bearerOptions(
  keyFor: (raw: string, request: BearerRequest) => Promise<KeyObject>,
): StrategyOptionsWithRequest {
  return {
    jwtFromRequest: (request: BearerRequest) => bearerOf(request) ?? null,
    passReqToCallback: true,
    algorithms: ['RS256'],
    ...timesAreOurs,
    secretOrKeyProvider: (request: BearerRequest, raw: string, done) => {
      // jsonwebtoken takes KeyObjects; the types of passport-jwt are older than that.
      const found = (key: KeyObject) => {
        done(null, key as unknown as Buffer);
      };
      keyFor(raw, request).then(found, done);
    },
  };
}
