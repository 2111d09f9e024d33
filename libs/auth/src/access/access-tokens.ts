import { type KeyObject, randomUUID } from 'node:crypto';
import { Audit } from '@app/audit';
import { Actor, Clock, Config, isUuid, type Permission } from '@app/core';
import { SigningKeys } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidTokenError } from '../proof/auth.errors';
import { reaches } from './grantable';
import { holderKinds, type Standing, Standings, type TokenOrigin } from './standing';
import type { TokenPolicy } from '../proof/token-policy';
import { type TokenClaims, TokenVerifier } from '../proof/token-verifier';

/** The holder of an access token, and what ends the token before its time. */
export interface AccessGrant {
  readonly kind: (typeof holderKinds)[number];
  readonly id: string;
  readonly scopes: readonly Permission[];
  /** The public key that proved the caller: when it is disabled or removed, so is the token. */
  readonly keyId?: string;
  /** The family of refresh tokens that it came with: when that is revoked, so is the token (RFC 9700 §4.14.2). */
  readonly familyId?: string;
  /** The operator's session: when it ends, so does the token. */
  readonly sessionId?: string;
  /** The token ends at this moment at the latest, e.g. the end of a certificate. */
  readonly notAfter?: Date | undefined;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** The audience of our access tokens; no other token has it. */
const accessAudience = 'carillon:access';

const accessLifeSeconds = 3600;

/** Tolerance for our own clocks, on several machines. */
const skewSeconds = 5;

/**
 * Our own access tokens: RFC 9068, RS256, 3600 s. Their payload is printable ASCII without `>`, `?` and `~`, so that it
 * has no `-` and no `_`: some clients decode it as plain base64.
 */
@Injectable()
export class AccessTokens {
  private readonly policy: TokenPolicy;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly signingKeys: SigningKeys,
    private readonly standings: Standings,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {
    this.policy = {
      tokenClass: 'access',
      algorithm: 'RS256',
      types: ['at+jwt'],
      skewSeconds,
      maxLifeSeconds: accessLifeSeconds,
      issuer: config.publicUrl,
      audience: { oneOf: [accessAudience] },
      required: ['sub', 'client_id', 'jti'],
    };
  }

  /** @throws InvalidTokenError when `notAfter` has come */
  async issue(grant: AccessGrant): Promise<IssuedToken> {
    const { kind, id, scopes, keyId, familyId, sessionId, notAfter } = grant;
    const issuedAtMs = this.clock.now().getTime();
    const iat = Math.floor(issuedAtMs / 1000);
    const lastSecond = Math.floor((notAfter?.getTime() ?? Infinity) / 1000);
    const exp = Math.min(iat + accessLifeSeconds, lastSecond);
    if (exp <= iat) throw new InvalidTokenError('What it would stand on ends now');
    const token = await this.signingKeys.sign('at+jwt', {
      iss: this.config.publicUrl,
      aud: accessAudience,
      sub: id,
      client_id: id,
      kind,
      iat,
      // Whole seconds can't tell what came first: a token, or the order that ends those from before.
      iat_ms: issuedAtMs,
      exp,
      jti: randomUUID(),
      scope: scopes.join(' '),
      ...(keyId !== undefined && { key_id: keyId }),
      ...(familyId !== undefined && { family_id: familyId }),
      ...(sessionId !== undefined && { sid: sessionId }),
    });
    return { token, expiresInSeconds: exp - iat };
  }

  /** Finds the key for passport-jwt, after checking the token's form. @throws InvalidTokenError */
  async keyFor(raw: string): Promise<KeyObject> {
    const { kid } = this.verifier.read(raw, this.policy);
    const key = kid === undefined ? undefined : await this.signingKeys.keyFor(kid);
    if (key === undefined) throw new InvalidTokenError('No signing key of ours has this kid');
    return key;
  }

  /** Returns the id of the key that signed the token. */
  kidOf(raw: string): string {
    return this.verifier.read(raw, this.policy).kid ?? '';
  }

  /** Tells whether tokens signed by this key of ours are still good. */
  async trusts(kid: string): Promise<boolean> {
    return (await this.signingKeys.keyFor(kid)) !== undefined;
  }

  /**
   * Returns the holder of a token whose signature is proven. He may do what the token says, as far as he still may now.
   * @throws InvalidTokenError when the token, or what stands behind it, has ended
   */
  async actorOf(
    claims: Readonly<Record<string, unknown>>,
    address: string | undefined,
  ): Promise<Actor> {
    const accepted = this.verifier.accept(claims, this.policy);
    const origin = originOf(accepted);
    const standing = await this.standings.of(origin);
    if (standing === 'ended') throw new InvalidTokenError('It, or what it stands on, has ended');
    const { permissions, applicationIds, addresses, mustChangePassword } = standing;
    if (addresses !== undefined && (address === undefined || !addresses.has(address))) {
      throw new InvalidTokenError('It is used from an address that its account does not allow');
    }
    const scopes = new Set(scopesOf(accepted));
    return new Actor({
      kind: origin.kind,
      id: origin.id,
      permissions: [...permissions].filter((permission) => scopes.has(permission)),
      applicationIds,
      address,
      sessionId: origin.sessionId,
      mustChangePassword,
    });
  }

  /** Ends one token. @param exp its own end, in seconds since 1970 @returns whether none had before */
  private async revoke(jti: string, exp: number, manager: EntityManager): Promise<boolean> {
    // Until the skew is over as well.
    const expiresAt = new Date((exp + skewSeconds) * 1000);
    const revoked = await manager.query<unknown[]>(
      `INSERT INTO revoked_tokens (jti, expires_at) VALUES ($1, $2)
       ON CONFLICT (jti) DO NOTHING RETURNING jti`,
      [jti, expiresAt],
    );
    this.standings.end(jti);
    return revoked.length > 0;
  }

  /** Ends a token for whoever holds it (RFC 7009). A text that is no token of ours, or an ended one, is no error. */
  async surrender(raw: string, address: string | undefined): Promise<void> {
    const claims = (await this.standingOf(raw))?.claims;
    if (claims === undefined) return;
    const { kind, id, jti } = originOf(claims);
    const event = { action: 'token.revoke', target: `${kind}:${id}` };
    await this.dataSource.transaction(async (manager) => {
      if (!(await this.revoke(jti, claims.exp, manager))) return; // another call did meanwhile
      await this.audit.record(new Actor({ kind, id, address }), event, manager);
    });
  }

  /**
   * Answers an introspection.
   * @param asker whose applications the token's have to be among (RFC 7662 §2.2); who holds the token needs none
   * @returns the claims of a token of ours that would be taken now, from its own address, with what it is good for now
   */
  async inspect(raw: string, asker?: Actor): Promise<TokenClaims | undefined> {
    const found = await this.standingOf(raw);
    if (found === undefined) return undefined;
    const { claims, standing } = found;
    const { permissions, applicationIds = null, mustChangePassword } = standing;
    if (mustChangePassword) return undefined;
    if (asker !== undefined && !reaches(asker, { applicationIds })) return undefined;
    const scope = scopesOf(claims).filter((one) => (permissions as ReadonlySet<string>).has(one));
    return { ...claims, scope: scope.join(' ') };
  }

  /** @returns undefined when the text is no token of ours, or the token has ended */
  private async standingOf(
    raw: string,
  ): Promise<{ readonly claims: TokenClaims; readonly standing: Standing } | undefined> {
    try {
      const token = this.verifier.read(raw, this.policy);
      this.verifier.signer(token, this.policy, [{ key: await this.keyFor(raw) }]);
      const claims = this.verifier.accept(token.claims, this.policy);
      const standing = await this.standings.of(originOf(claims));
      return standing === 'ended' ? undefined : { claims, standing };
    } catch (error) {
      if (error instanceof InvalidTokenError) return undefined;
      throw error;
    }
  }

  /**
   * For a schedule: tokens that have ended by themselves need no revocation. They have by the database's clock, since a
   * worker's own may be wrong.
   * @returns how many were forgotten
   */
  async forgetExpired(): Promise<number> {
    const [, forgotten] = await this.dataSource.query<[unknown, number]>(
      'DELETE FROM revoked_tokens WHERE expires_at <= now()',
    );
    return forgotten;
  }
}

/** Reads where a token came from. We signed it: a wrong claim is from an older version of ours. */
function originOf({ jti, sub, kind, iat_ms, key_id, family_id, sid }: TokenClaims): TokenOrigin {
  const known = holderKinds.find((one) => one === kind);
  if (known === undefined || sub === undefined || jti === undefined || typeof iat_ms !== 'number') {
    throw new InvalidTokenError('It lacks a claim of ours');
  }
  if (![key_id, family_id, sid].every((id) => id === undefined || isUuid(id))) {
    throw new InvalidTokenError('What it stands on is not named by a UUID');
  }
  return {
    jti,
    kind: known,
    id: sub,
    issuedAt: new Date(iat_ms),
    keyId: typeof key_id === 'string' ? key_id : undefined,
    familyId: typeof family_id === 'string' ? family_id : undefined,
    sessionId: typeof sid === 'string' ? sid : undefined,
  };
}

function scopesOf({ scope }: TokenClaims): string[] {
  return typeof scope === 'string' ? scope.split(' ') : [];
}
