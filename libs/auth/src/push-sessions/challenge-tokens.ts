import { timingSafeEqual } from 'node:crypto';
import type { ApiSpace } from '@app/applications';
import { Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { InvalidTokenError } from '../proof/auth.errors';
import { MillisecondTimes } from '../proof/millisecond-times';
import { InvalidChallengeTokenError } from './push-sessions.errors';
import type { TokenPolicy } from '../proof/token-policy';
import { verifiedEmailOf } from '../proof/verified-email';
import { TokenVerifier } from '../proof/token-verifier';

/** The user who answered a challenge. */
export interface ChallengeAnswer {
  readonly userId: string;
  /** The end of the answer, in seconds since 1970. */
  readonly exp: number;
  /** The user's e-mail, if the answer vouches for it. */
  readonly verifiedEmail: string | undefined;
}

/** Tolerance for clocks that are not ours. */
export const challengeSkewSeconds = 60;

/** The longest life of an answer; those of Dotdigital's samples for mobiles live 30 days. */
const longestLifeSeconds = 31 * 86_400;

/** Verifies the tokens with which a customer's app, or its back end, answers a challenge; HS256, as in Dotdigital's samples. */
@Injectable()
export class ChallengeTokens {
  private readonly milliseconds = new MillisecondTimes();

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly clock: Clock,
  ) {}

  /** @throws InvalidChallengeTokenError */
  verify(space: ApiSpace, raw: string, nonce: string): ChallengeAnswer {
    try {
      return this.accept(space, raw, nonce);
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      throw new InvalidChallengeTokenError(error.reason, { cause: error });
    }
  }

  private accept(space: ApiSpace, raw: string, nonce: string): ChallengeAnswer {
    const policy = policyOf(space);
    const token = this.verifier.read(raw, policy);
    const now = this.clock.now();
    const candidates = space.secrets.filter(({ until }) => until === undefined || until > now);
    this.verifier.signer(token, policy, candidates);
    const { exp, ...claims } = this.verifier.accept(token.claims, policy);
    if (!isSame(claims.nonce, nonce)) throw new InvalidTokenError('The nonce is another');
    // From now, not from iat: whoever signs may set that as it likes.
    if (exp > now.getTime() / 1_000 + longestLifeSeconds + challengeSkewSeconds) {
      throw new InvalidTokenError('It lives too long');
    }
    this.milliseconds.note(space, token.claims, now);
    const userId = claims[space.idClaim] as string;
    return { userId, exp, verifiedEmail: verifiedEmailOf(claims) };
  }
}

function policyOf({ issuer, audience, idClaim, timestampUnit }: ApiSpace): TokenPolicy {
  return {
    tokenClass: 'challenge',
    algorithm: 'HS256',
    types: ['', 'jwt'],
    skewSeconds: challengeSkewSeconds,
    issuer,
    audience: { oneOf: [audience], list: true },
    required: [idClaim, 'nonce'],
    milliseconds: timestampUnit === 'auto',
  };
}

function isSame(claim: unknown, nonce: string): boolean {
  const given = Buffer.from(String(claim));
  const wanted = Buffer.from(nonce);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
