import { randomUUID } from 'node:crypto';
import { Audit } from '@app/audit';
import { Actor, Clock, Config } from '@app/core';
import { PublicKeys, type UsableKey } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccessTokens } from '../access/access-tokens';
import { Assertions } from '../proof/assertions';
import { InvalidTokenError } from '../proof/auth.errors';
import { isKeyEnough } from './login-mode';
import { keyNamed, type LoginAttempt, type LoginProof, readProof } from './login-proof';
import { RateLimits } from '../limits/rate-limits';
import { earlier, RefreshFamilies } from './refresh-families';
import type { TokenPair } from './refresh-tokens';
import { loginPath } from './request-signature';
import { ServiceAccount } from './service-account.entity';
import { obstacleOf } from './service-account-standing';
import { LoginRefusedError, SignatureRequiredError } from './service-accounts.errors';
import type { TokenPolicy } from '../proof/token-policy';
import { TokenVerifier } from '../proof/token-verifier';

export interface ServiceAccountTokens extends TokenPair {
  /** When the public key alone stops being enough; set where it let the account in. */
  readonly legacyUntil: Date | undefined;
}

/** An account that has shown what lets it in. */
interface Proven {
  readonly account: ServiceAccount;
  readonly key: UsableKey;
  readonly kind: LoginProof['kind'];
  /** The same as in `ServiceAccountTokens`. */
  readonly legacyUntil: Date | undefined;
}

const skewSeconds = 60;

/** Logs accounts in PaymentsGate's way, and in the two safe ones beside it; see docs/authentication.md. */
@Injectable()
export class ServiceAccountLogin {
  private readonly policy: TokenPolicy;

  constructor(
    { publicUrl }: Config,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly keys: PublicKeys,
    private readonly verifier: TokenVerifier,
    private readonly assertions: Assertions,
    private readonly accessTokens: AccessTokens,
    private readonly families: RefreshFamilies,
    private readonly limits: RateLimits,
    private readonly audit: Audit,
  ) {
    this.policy = {
      tokenClass: 'assertion',
      algorithm: 'RS256',
      types: ['jwt', ''],
      skewSeconds,
      maxLifeSeconds: 3600,
      audience: { oneOf: [publicUrl, publicUrl + loginPath] },
      required: ['iss', 'sub', 'jti'],
    };
  }

  /**
   * Logs an account in. Only failures are counted, and only they have to wait: some clients log in for each of their
   * requests, and nobody guesses a key.
   * @throws InvalidLoginError, InvalidKeyError, LoginRefusedError, SignatureRequiredError, RateLimitedError
   */
  async login(attempt: LoginAttempt): Promise<ServiceAccountTokens> {
    const proof = readProof(attempt, this.clock.now());
    try {
      return await this.grant(await this.prove(attempt, proof), attempt);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return this.refuse(attempt, proof, refusal);
    }
  }

  /** Counts a failure, by address as well as by account, and records it unless there were too many. */
  private async refuse(
    attempt: LoginAttempt,
    { kind }: LoginProof,
    refusal: LoginRefusedError | SignatureRequiredError,
  ): Promise<never> {
    const { accountId, address } = attempt;
    const place = address ?? '';
    return this.limits.guard('assertion', `service-accounts|${place}`, () =>
      this.limits.guard('service-account', `${accountId}|${place}`, async () => {
        const nobody = new Actor({ kind: 'anonymous', id: '', address });
        await this.audit.recordFailure(nobody, eventOf(attempt, kind), refusal.reason);
        throw refusal;
      }),
    );
  }

  /** Proves who logs in, with the same work for an account that is unknown, blocked or out of place, and for a wrong key. */
  private async prove({ accountId, address }: LoginAttempt, proof: LoginProof): Promise<Proven> {
    const now = this.clock.now();
    const account = await this.dataSource.manager.findOneBy(ServiceAccount, { id: accountId });
    const usable = await this.keys.usable({ kind: 'service_account', id: account?.id ?? '' });
    const named = proof.fingerprint === undefined ? usable : [keyNamed(proof.fingerprint, usable)];
    const candidates = named.filter((key) => key !== undefined);
    if (account === null) throw new LoginRefusedError('There is no such account');
    const obstacle = obstacleOf(account, address, now);
    if (obstacle !== undefined) throw new LoginRefusedError(obstacle);
    const key = await this.signer(account, proof, candidates);
    const { kind } = proof;
    if (kind !== 'public_key') return { account, key, kind, legacyUntil: undefined };
    if (!isKeyEnough(account, now)) throw new SignatureRequiredError(account.loginMode);
    return { account, key, kind, legacyUntil: account.legacyUntil ?? undefined };
  }

  /** @throws LoginRefusedError, InvalidTokenError */
  private async signer(
    { id, loginMode }: ServiceAccount,
    proof: LoginProof,
    candidates: readonly UsableKey[],
  ): Promise<UsableKey> {
    const [key] = candidates;
    if (key === undefined) throw new LoginRefusedError('The account has no such key');
    if (proof.kind === 'public_key') return key;
    if (proof.kind === 'client_assertion') {
      if (loginMode !== 'legacy_public_key')
        return this.assertedBy(id, proof.assertion, candidates);
      throw new LoginRefusedError('The login mode of the account knows no assertions');
    }
    if (loginMode !== 'signed') {
      throw new LoginRefusedError('The login mode of the account knows no signatures');
    }
    const { signature } = proof;
    if (!signature.isTimely(this.clock.now())) {
      throw new LoginRefusedError('The signature is too old, or from the future');
    }
    if (!signature.isBy(key.key)) throw new LoginRefusedError('The key did not make the signature');
    await this.spend(`signature:${id}`, signature.nonce, signature.forgettableAt);
    return key;
  }

  private async assertedBy(
    id: string,
    assertion: string,
    candidates: readonly UsableKey[],
  ): Promise<UsableKey> {
    const token = this.verifier.read(assertion, this.policy);
    const named = candidates.filter(({ kid }) => token.kid === undefined || kid === token.kid);
    const key = this.verifier.signer(token, this.policy, named);
    const { iss, sub, jti = '', exp } = this.verifier.accept(token.claims, this.policy);
    if (iss !== id || sub !== id) throw new LoginRefusedError('iss and sub are not the account');
    await this.spend(`service_account:${id}`, jti, new Date((exp + skewSeconds) * 1000));
    return key;
  }

  private async spend(issuer: string, name: string, until: Date): Promise<void> {
    if (await this.assertions.use(issuer, name, until)) return;
    throw new LoginRefusedError('The proof was used before');
  }

  private async grant(
    { account, key, kind, legacyUntil }: Proven,
    attempt: LoginAttempt,
  ): Promise<ServiceAccountTokens> {
    const { id, scopes } = account;
    const familyId = randomUUID();
    const notAfter = key.notAfter && earlier(key.notAfter, legacyUntil);
    // Before the transaction, so that whatever ends the account's tokens from now on ends this one.
    const { token: accessToken, expiresInSeconds } = await this.accessTokens.issue({
      kind: 'service_account',
      id,
      scopes,
      keyId: key.id,
      familyId,
      notAfter: notAfter ?? legacyUntil,
    });
    const refreshToken = await this.dataSource.transaction(async (manager) => {
      const isLegacy = kind === 'public_key';
      const [, noted] = await manager.query<[unknown, number]>(noteLogin, [
        id,
        account.tokensValidAfter,
        this.clock.now(),
        isLegacy,
        attempt.address ?? null,
        attempt.userAgent?.slice(0, 255) ?? null,
      ]);
      if (noted === 0) throw new LoginRefusedError('The account was changed meanwhile');
      const actor = new Actor({ kind: 'service_account', id, address: attempt.address });
      await this.audit.record(actor, eventOf(attempt, kind), manager);
      const family = { familyId, serviceAccountId: id, keyId: key.id, until: legacyUntil };
      return this.families.start(family, manager);
    });
    this.keys.used(key.id);
    return { accessToken, refreshToken, expiresInSeconds, legacyUntil };
  }
}

const noteLogin = `
  UPDATE service_accounts SET last_login_at = $3,
    last_legacy_login_at = CASE WHEN $4 THEN $3 ELSE last_legacy_login_at END,
    last_legacy_address = CASE WHEN $4 THEN $5 ELSE last_legacy_address END,
    last_legacy_user_agent = CASE WHEN $4 THEN $6 ELSE last_legacy_user_agent END
  WHERE id = $1 AND tokens_valid_after IS NOT DISTINCT FROM $2::timestamptz`;

const eventOf = ({ accountId, userAgent }: LoginAttempt, proof: LoginProof['kind']) => ({
  action: 'service_account.login',
  target: `service_account:${accountId}`,
  after: { proof, userAgent: userAgent?.slice(0, 255) },
});

function refusalOf(error: unknown): LoginRefusedError | SignatureRequiredError | undefined {
  if (error instanceof LoginRefusedError || error instanceof SignatureRequiredError) return error;
  if (error instanceof InvalidTokenError)
    return new LoginRefusedError(error.reason, { cause: error });
  return undefined;
}
