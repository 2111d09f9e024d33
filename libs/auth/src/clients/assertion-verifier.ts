import { Config } from '@app/core';
import { PublicKeys, type UsableKey } from '@app/keys';
import { Injectable } from '@nestjs/common';
import type { AssertionIssuer } from './assertion-issuers';
import { Assertions } from '../proof/assertions';
import { InvalidTokenError } from '../proof/auth.errors';
import { isPlainText } from '../proof/plain-text';
import type { TokenPolicy } from '../proof/token-policy';
import { type TokenClaims, TokenVerifier, type UnprovenToken } from '../proof/token-verifier';

/** The path where assertions are exchanged, at the origin of `Config.publicUrl`. */
export const tokenPath = '/api/oauth/token';

const skewSeconds = 60;

/** An assertion that its issuer signed, with the key that it used. */
export interface ProvenAssertion {
  readonly issuer: AssertionIssuer;
  readonly key: UsableKey;
  readonly claims: TokenClaims;
}

/** Verifies assertions of OAuth clients and service accounts: RFC 7523 §3. The policy says what is narrower or wider. */
@Injectable()
export class AssertionVerifier {
  private readonly policy: TokenPolicy;

  constructor(
    { publicUrl }: Config,
    private readonly verifier: TokenVerifier,
    private readonly keys: PublicKeys,
    private readonly assertions: Assertions,
  ) {
    this.policy = {
      tokenClass: 'assertion',
      algorithm: 'RS256',
      types: ['jwt', ''],
      skewSeconds,
      // Legacy clients send none; one for several audiences could be used by any of them against us.
      audience: { oneOf: [publicUrl, publicUrl + tokenPath], optional: true },
      required: ['iss', 'sub'],
    };
  }

  /** Reads which issuer an assertion names; no word of it is proven. @throws InvalidTokenError */
  read(assertion: string): { readonly token: UnprovenToken; readonly issuerId: string } {
    const token = this.verifier.read(assertion, this.policy);
    const { iss } = token.claims;
    if (!isPlainText(iss, 255)) throw new InvalidTokenError('iss is not plain text');
    return { token, issuerId: iss };
  }

  /** Proves who signed. A kid that is unknown, or disabled, is no reason to try other keys. @throws InvalidTokenError */
  async prove(
    token: UnprovenToken,
    issuer: AssertionIssuer,
    address: string | undefined,
  ): Promise<ProvenAssertion> {
    if (!issuer.active) throw new InvalidTokenError('Its issuer may not log in so, or not now');
    const { kind, id, addresses, maxAssertionSeconds, requireJti } = issuer;
    if (addresses !== undefined && (address === undefined || !addresses.has(address))) {
      throw new InvalidTokenError('Its issuer may not log in from this address');
    }
    const usable = await this.keys.usable({ kind, id });
    const candidates =
      token.kid === undefined ? usable : usable.filter(({ kid }) => kid === token.kid);
    const key = this.verifier.signer(token, this.policy, candidates);
    const claims = this.verifier.accept(token.claims, {
      ...this.policy,
      maxLifeSeconds: maxAssertionSeconds,
      required: requireJti ? ['iss', 'sub', 'jti'] : ['iss', 'sub'],
    });
    if (claims.iss !== id || claims.sub !== id) {
      throw new InvalidTokenError('iss and sub are not both its issuer');
    }
    return { issuer, key, claims };
  }

  /** Uses up an assertion with a jti, which is good once. @throws InvalidTokenError when it was used before */
  async spend({ issuer, claims: { jti, exp } }: ProvenAssertion): Promise<void> {
    if (jti === undefined) return;
    const until = new Date((exp + skewSeconds) * 1000);
    if (await this.assertions.use(`${issuer.kind}:${issuer.id}`, jti, until)) return;
    throw new InvalidTokenError('It was used before');
  }
}
