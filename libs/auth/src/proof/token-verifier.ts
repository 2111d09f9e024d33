import type { KeyObject } from 'node:crypto';
import { Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { InvalidTokenError } from './auth.errors';
import { decodeCompact, signatureOf } from './compact-token';
import { checkIdentity, checkTimes } from './token-claims';
import { checkHeader } from './token-header';
import { signatureChecks } from './token-signature';
import type { TokenPolicy } from './token-policy';

/** Decoded, well formed, and nothing more: no word of it is proven. */
export interface UnprovenToken {
  readonly raw: string;
  readonly kid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The registered claims (RFC 7519 §4.1) after all checks; others are as the issuer wrote them. */
export interface TokenClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  /** Seconds since 1970, as all times here. */
  readonly exp: number;
  readonly iat?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly [name: string]: unknown;
}

/** Verifying costs time, and who presents a token has not shown who he is. */
const maxCandidates = 10;

/** The one way in which a JWT is verified, whoever issued it. RFC 7515, 7519, 8725. */
@Injectable()
export class TokenVerifier {
  constructor(private readonly clock: Clock) {}

  /** Form, sizes, header and algorithm. @throws InvalidTokenError */
  read(raw: string, policy: TokenPolicy): UnprovenToken {
    const { header, claims } = decodeCompact(raw);
    return { raw, kid: checkHeader(header, policy), claims };
  }

  /** The one of `candidates` that signed it; the first ten are tried. @throws InvalidTokenError */
  signer<Key extends { readonly key: KeyObject }>(
    { raw }: UnprovenToken,
    { algorithm }: TokenPolicy,
    candidates: readonly Key[],
  ): Key {
    const { signed, signature } = signatureOf(raw);
    const signer = candidates
      .slice(0, maxCandidates)
      .find(({ key }) => signatureChecks[algorithm](key, signed, signature));
    if (signer !== undefined) return signer;
    throw new InvalidTokenError(
      candidates.length === 0 ? 'There is no key for it' : 'No key of its owner signed it',
    );
  }

  /** Times, issuer, audience, identity claims of a token whose signature is proven. @throws InvalidTokenError */
  accept(claims: Readonly<Record<string, unknown>>, policy: TokenPolicy): TokenClaims {
    const times = checkTimes(claims, policy, this.clock.now().getTime() / 1000);
    checkIdentity(claims, policy);
    return { ...claims, ...times };
  }
}
