import { Audit } from '@app/audit';
import { Actor, Clock } from '@app/core';
import { PublicKeys } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccessTokens } from '../access/access-tokens';
import { InvalidTokenError } from '../proof/auth.errors';
import { RateLimits } from '../limits/rate-limits';
import { earlier, RefreshFamilies } from './refresh-families';
import type { RefreshToken } from './refresh-token.entity';
import { ServiceAccount } from './service-account.entity';
import { hold, obstacleOf } from './service-account-standing';
import { InvalidRefreshTokenError } from './service-accounts.errors';

/** The tokens that a login or a refresh gives. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The life of the access token. */
  readonly expiresInSeconds: number;
}

/** Refreshes and ends the tokens of service accounts: opaque, of 256 bits, good once, 30 days without use and 90 in all. */
@Injectable()
export class RefreshTokens {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly families: RefreshFamilies,
    private readonly accessTokens: AccessTokens,
    private readonly keys: PublicKeys,
    private readonly limits: RateLimits,
    private readonly audit: Audit,
  ) {}

  /**
   * Returns the next pair. A token that was used before ends its family, for one of its two users has stolen it.
   * @throws InvalidRefreshTokenError, RateLimitedError after too many of these from the address
   */
  async refresh(text: string, address: string | undefined): Promise<TokenPair> {
    const token = await this.families.find(text);
    try {
      if (token === undefined) throw new InvalidRefreshTokenError('It is not known');
      return await this.exchange(token, address);
    } catch (error) {
      const isRefusal =
        error instanceof InvalidRefreshTokenError || error instanceof InvalidTokenError;
      if (!isRefusal) throw error;
      return this.refuse(token, address, error.reason);
    }
  }

  /**
   * Ends the family of this token and its access tokens, whatever has become of the token. RFC 7009 §2.2: who asks learns
   * nothing.
   */
  async revoke(text: string, address: string | undefined): Promise<void> {
    const token = await this.families.find(text);
    if (token === undefined) return;
    const actor = new Actor({ kind: 'service_account', id: token.serviceAccountId, address });
    await this.dataSource.transaction(async (manager) => {
      if (!(await this.families.revoke(token.familyId, manager))) return;
      await this.audit.record(actor, eventOf('revoke', token), manager);
    });
  }

  /** Removes ended tokens; called on a schedule. @returns how many */
  forgetExpired(): Promise<number> {
    return this.families.forgetExpired();
  }

  /** Counts a failure. Successes don't count, for clients may share an address. */
  private async refuse(
    token: RefreshToken | undefined,
    address: string | undefined,
    reason: string,
  ): Promise<never> {
    return this.limits.guard('session', `refresh|${address ?? ''}`, async () => {
      if (token !== undefined) {
        await this.audit.recordFailure(nobodyAt(address), eventOf('refresh', token), reason);
      }
      throw new InvalidRefreshTokenError(reason);
    });
  }

  private async exchange(token: RefreshToken, address: string | undefined): Promise<TokenPair> {
    const { serviceAccountId: id, keyId, familyId, absoluteExpiresAt } = token;
    const account = await this.dataSource.manager.findOneBy(ServiceAccount, { id });
    if (account === null) throw new InvalidRefreshTokenError('Its account is gone');
    const obstacle = obstacleOf(account, address, this.clock.now());
    if (obstacle !== undefined) throw new InvalidRefreshTokenError(obstacle);
    const usable = await this.keys.usable({ kind: 'service_account', id });
    const key = usable.find((one) => one.id === keyId);
    if (key === undefined) {
      throw new InvalidRefreshTokenError('The key of its login is usable no more');
    }
    // Before the transaction, so that whatever ends the account's tokens from now on ends this one.
    const { token: accessToken, expiresInSeconds } = await this.accessTokens.issue({
      kind: 'service_account',
      id,
      scopes: account.scopes,
      keyId,
      familyId,
      notAfter: earlier(absoluteExpiresAt, key.notAfter),
    });
    const refreshToken = await this.rotate(token, account, address);
    if (refreshToken === undefined) {
      throw new InvalidRefreshTokenError('It was good once: its family has ended');
    }
    return { accessToken, refreshToken, expiresInSeconds };
  }

  private async rotate(
    token: RefreshToken,
    account: ServiceAccount,
    address: string | undefined,
  ): Promise<string | undefined> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await hold(account, manager))) {
        throw new InvalidRefreshTokenError('Its account was changed meanwhile');
      }
      const next = await this.families.rotate(token, manager);
      if (next === undefined && (await this.families.revoke(token.familyId, manager))) {
        await this.audit.record(nobodyAt(address), eventOf('reuse', token), manager);
      }
      return next;
    });
  }
}

const nobodyAt = (address: string | undefined) => new Actor({ kind: 'anonymous', id: '', address });

const eventOf = (
  verb: 'refresh' | 'reuse' | 'revoke',
  { serviceAccountId, familyId }: RefreshToken,
) => ({
  action: `service_account.${verb}`,
  target: `service_account:${serviceAccountId}`,
  after: { family: familyId },
});
