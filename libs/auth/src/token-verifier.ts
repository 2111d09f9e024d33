import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
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

/** The one way in which a JWT is verified, whoever issued it. RFC 7515, 7519, 8725. */
@Injectable()
export class TokenVerifier {
  /** Form, sizes, header and algorithm. @throws InvalidTokenError */
  read(_raw: string, _policy: TokenPolicy): UnprovenToken {
    throw new Error('Not yet');
  }

  /** The one of `candidates` that signed it. @throws InvalidTokenError */
  signer<Key extends { readonly key: KeyObject }>(
    _token: UnprovenToken,
    _policy: TokenPolicy,
    _candidates: readonly Key[],
  ): Key {
    throw new Error('Not yet');
  }

  /** Times, issuer, audience, identity claims of a token whose signature is proven. @throws InvalidTokenError */
  accept(_claims: Readonly<Record<string, unknown>>, _policy: TokenPolicy): TokenClaims {
    throw new Error('Not yet');
  }
}
