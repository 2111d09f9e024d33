import type { KeyObject } from 'node:crypto';
import { Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { InvalidTokenError } from './auth.errors';
import { decodeCompact, signatureOf } from './compact-token';
import { checkIdentity, checkTimes } from './token-claims';
import { checkHeader } from './token-header';
import { signatureChecks } from './token-signature';
import type { TokenPolicy } from './token-policy';

/** A token that is decoded and well formed; no word of it is proven. */
export interface UnprovenToken {
  readonly raw: string;
  readonly kid: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The registered claims (RFC 7519 §4.1) after all checks; other claims are as the issuer wrote them. */
export interface TokenClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  /** The end of the token. All times here are seconds since 1970. */
  readonly exp: number;
  readonly iat?: number;
  readonly nbf?: number;
  readonly jti?: string;
  readonly [name: string]: unknown;
}

/** Keys tried per token: verifying costs time, and whoever presents a token has not shown who he is. */
const maxCandidates = 10;

/**
 * Judges every JWT, whoever issued it: RFC 7515, 7519, 8725. Its signature is proven by `signer`; of bearer tokens, by
 * passport-jwt between `read` and `accept`, with the key that `keyFor` of their class gives. A user's is proven by both,
 * because his key is found by trying.
 */
@Injectable()
export class TokenVerifier {
  constructor(private readonly clock: Clock) {}

  /** Checks form, sizes, header and algorithm. @throws InvalidTokenError */
  read(raw: string, policy: TokenPolicy): UnprovenToken {
    const { header, claims } = decodeCompact(raw);
    return { raw, kid: checkHeader(header, policy), claims };
  }

  /** Returns the one of `candidates` that signed the token; only the first ten are tried. @throws InvalidTokenError */
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

  /** Checks times, issuer, audience and identity claims of a token whose signature is proven. @throws InvalidTokenError */
  accept(claims: Readonly<Record<string, unknown>>, policy: TokenPolicy): TokenClaims {
    const times = checkTimes(claims, policy, this.clock.now().getTime() / 1000);
    checkIdentity(claims, policy);
    return { ...claims, ...times };
  }
}
