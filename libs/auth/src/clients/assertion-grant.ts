import { Audit } from '@app/audit';
import { Actor, type Permission } from '@app/core';
import { PublicKeys } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccessTokens, type IssuedToken } from '../access/access-tokens';
import { type AssertionIssuer, AssertionIssuers } from './assertion-issuers';
import { AssertionVerifier, type ProvenAssertion } from './assertion-verifier';
import { InvalidTokenError } from '../proof/auth.errors';
import { InvalidGrantError, InvalidScopeError } from './oauth.errors';
import { RateLimits } from '../limits/rate-limits';

/** The grant type of RFC 7523 §2.1. */
export const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export interface GrantedToken extends IssuedToken {
  readonly scopes: readonly Permission[];
}

/** The issuer that an assertion names, unproven. */
type Claimed = Pick<AssertionIssuer, 'kind' | 'id'>;

/** Exchanges an assertion for an access token: Xtremepush's OAuth 2.0, and the JWT grant of RFC 7523. */
@Injectable()
export class AssertionGrant {
  constructor(
    private readonly dataSource: DataSource,
    private readonly issuers: AssertionIssuers,
    private readonly verifier: AssertionVerifier,
    private readonly keys: PublicKeys,
    private readonly accessTokens: AccessTokens,
    private readonly limits: RateLimits,
    private readonly audit: Audit,
  ) {}

  /**
   * @param requestedScope in the form of RFC 6749 §3.3; absent or empty it stands for all that the issuer has
   * @throws InvalidGrantError, InvalidScopeError, RateLimitedError after too many of these from the address
   */
  async exchange(
    assertion: string,
    requestedScope: string | undefined,
    address: string | undefined,
  ): Promise<GrantedToken> {
    let claimed: Claimed = { kind: 'client', id: 'unknown' };
    try {
      const { token, issuerId } = this.verifier.read(assertion);
      claimed = { kind: 'client', id: issuerId };
      const issuer = await this.issuers.find(issuerId);
      if (issuer === undefined) throw new InvalidTokenError('There is no such issuer');
      claimed = issuer;
      const proof = await this.verifier.prove(token, issuer, address);
      const scopes = scopesFor(issuer, requestedScope);
      await this.verifier.spend(proof);
      return await this.grant(proof, scopes, address);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return this.refuse(claimed, address, refusal);
    }
  }

  /** Counts the failure, and records it unless there were too many. Successes don't count, for clients may share an address. */
  private async refuse(
    claimed: Claimed,
    address: string | undefined,
    refusal: InvalidGrantError | InvalidScopeError,
  ): Promise<never> {
    return this.limits.guard('assertion', address ?? '', async () => {
      const nobody = new Actor({ kind: 'anonymous', id: '', address });
      await this.audit.recordFailure(nobody, loginOf(claimed), refusal.reason);
      throw refusal;
    });
  }

  private async grant(
    { issuer, key }: ProvenAssertion,
    scopes: readonly Permission[],
    address: string | undefined,
  ): Promise<GrantedToken> {
    const { kind, id } = issuer;
    const grant = { kind, id, scopes, keyId: key.id, notAfter: key.notAfter };
    const issued = await this.accessTokens.issue(grant);
    this.keys.used(key.id);
    await this.dataSource.transaction(async (manager) => {
      await this.issuers.noteLogin(issuer, manager);
      await this.audit.record(new Actor({ kind, id, address }), loginOf(issuer), manager);
    });
    return { ...issued, scopes };
  }
}

const loginOf = ({ kind, id }: Claimed) => ({
  action: `${kind}.login`,
  target: `${kind}:${id}`,
});

/** @throws InvalidScopeError */
function scopesFor({ scopes }: AssertionIssuer, requested = ''): readonly Permission[] {
  const wanted = requested.split(' ').filter((scope) => scope !== '');
  if (wanted.length === 0) return scopes;
  if (!wanted.every((scope) => scopes.some((own) => own === scope))) throw new InvalidScopeError();
  return scopes.filter((own) => wanted.includes(own));
}

function refusalOf(error: unknown): InvalidGrantError | InvalidScopeError | undefined {
  if (error instanceof InvalidScopeError) return error;
  if (error instanceof InvalidTokenError)
    return new InvalidGrantError(error.reason, { cause: error });
  return undefined;
}
