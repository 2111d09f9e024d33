import { AddressList, Clock, type Permission } from '@app/core';
import type { KeyOwner } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** A machine whose assertions are exchanged for access tokens. */
export interface AssertionIssuer {
  readonly kind: Exclude<KeyOwner['kind'], 'application'>;
  readonly id: string;
  readonly scopes: readonly Permission[];
  readonly requireJti: boolean;
  readonly maxAssertionSeconds: number;
  /** Whether the issuer is neither disabled, blocked nor expired, nor logs in by its key alone. */
  readonly active: boolean;
  /** The only addresses from which the issuer may log in. */
  readonly addresses: AddressList | undefined;
}

type IssuerRow = Omit<AssertionIssuer, 'addresses'> & { readonly allowedIps: string[] | null };

/** Finds the machine with an id: there is one, see `OAuthClientsService.create`. Service accounts have the default rules. */
const find = `
  SELECT 'client' AS kind, id, scopes, require_jti AS "requireJti", max_assertion_seconds AS "maxAssertionSeconds",
    enabled AS active, NULL::text[] AS "allowedIps"
  FROM oauth_clients WHERE id = $1
  UNION ALL
  SELECT 'service_account', id, scopes, true, 3600,
    login_mode <> 'legacy_public_key' AND blocked_at IS NULL AND (expires_at IS NULL OR expires_at > $2), allowed_ips
  FROM service_accounts WHERE id = $1
  LIMIT 1`;

/** Finds OAuth clients and service accounts, as the grant sees them. */
@Injectable()
export class AssertionIssuers {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async find(id: string): Promise<AssertionIssuer | undefined> {
    const [row] = await this.dataSource.query<IssuerRow[]>(find, [id, this.clock.now()]);
    if (row === undefined) return undefined;
    const { allowedIps, ...issuer } = row;
    return { ...issuer, addresses: allowedIps === null ? undefined : new AddressList(allowedIps) };
  }

  async noteLogin({ kind, id }: AssertionIssuer, manager: EntityManager): Promise<void> {
    const table = kind === 'client' ? 'oauth_clients' : 'service_accounts';
    await manager.query(`UPDATE ${table} SET last_login_at = $2 WHERE id = $1`, [
      id,
      this.clock.now(),
    ]);
  }
}
