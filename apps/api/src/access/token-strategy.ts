import type { KeyObject } from 'node:crypto';
import { InvalidTokenError, UnauthenticatedError } from '@app/auth';
import { PassportStrategy } from '@nestjs/passport';
import { Passport } from 'passport';
import { Strategy } from 'passport-jwt';
import { type BearerRequest, bearerOf } from './bearer';

export type Claims = Readonly<Record<string, unknown>>;

/** What tokens of one kind are proven with, and whom they show. */
export interface TokenKind<Identity> {
  /** @returns a cached KeyObject: with PEM text a verification costs five times as much. @throws InvalidTokenError */
  keyFor(raw: string, request: BearerRequest): Promise<KeyObject>;
  /** @param claims of a token whose signature is proven. @throws InvalidTokenError */
  identityOf(claims: Claims, request: BearerRequest): Identity | Promise<Identity>;
}

const timesAreOurs = { ignoreExpiration: true, jsonWebTokenOptions: { ignoreNotBefore: true } };

/** Lets passport-jwt prove the signatures of one kind's tokens. What the claims say is judged by the kind, by our clock. */
export class TokenStrategy<Identity> extends PassportStrategy(Strategy) {
  constructor(private readonly kind: TokenKind<Identity>) {
    super({
      jwtFromRequest: (request: BearerRequest) => bearerOf(request) ?? null,
      passReqToCallback: true,
      algorithms: ['RS256'],
      ...timesAreOurs,
      secretOrKeyProvider: (request: BearerRequest, raw: string, done) => {
        // jsonwebtoken takes KeyObjects; the types of passport-jwt are older than that.
        const found = (key: KeyObject) => {
          done(null, key as unknown as Buffer);
        };
        kind.keyFor(raw, request).then(found, done);
      },
    });
  }

  /**
   * Asks who sent the request, as passport's middleware does, but without its register of strategies, of which a process
   * has only one.
   * @throws UnauthenticatedError, InvalidTokenError, or what could not be done for another reason than the token
   */
  identify(request: BearerRequest): Promise<Identity> {
    return new Promise((resolve, reject) => {
      const attempt = Object.assign(Object.create(this) as Strategy, {
        success: resolve,
        fail: (why: unknown) => {
          reject(why instanceof Error ? refusalOf(why) : new InvalidTokenError('Refused'));
        },
        error: reject,
      });
      attempt.authenticate(request as never);
    });
  }

  validate(request: BearerRequest, claims: Claims): Identity | Promise<Identity> {
    return this.kind.identityOf(claims, request);
  }

  /** Each strategy has one of its own: several servers may run in one process. */
  getPassportInstance(): unknown {
    return new Passport();
  }
}

/** passport-jwt calls every failure of the key look-up a failure of the token; a database that is away is not. */
function refusalOf(error: Error): Error {
  if (error.message === 'No auth token') return new UnauthenticatedError();
  return error.name === 'JsonWebTokenError' ? new InvalidTokenError(error.message) : error;
}
