import { AddressList, Clock, freshFor, type Permission } from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { type Role, rolePermissions } from './role';

/** The kinds of actors that have access tokens. */
export const holderKinds = ['client', 'service_account', 'operator'] as const;
type HolderKind = (typeof holderKinds)[number];

/** What a proven access token says of where it came from. */
export interface TokenOrigin {
  readonly jti: string;
  readonly kind: HolderKind;
  readonly id: string;
  readonly issuedAt: Date;
  readonly keyId: string | undefined;
  readonly familyId: string | undefined;
  readonly sessionId: string | undefined;
}

/** What the owner of a token may do now. */
export interface Standing {
  readonly permissions: ReadonlySet<Permission>;
  readonly applicationIds: readonly number[] | undefined;
  /** The only addresses from which the token works. */
  readonly addresses: AddressList | undefined;
  /** When set, the operator may change his password and has no permission. */
  readonly mustChangePassword: boolean;
}

interface StandingRow {
  readonly password_is_temporary?: boolean;
  readonly role?: Role;
  readonly scopes?: readonly Permission[];
  readonly application_ids?: readonly number[] | null;
  readonly allowed_ips?: readonly string[] | null;
}

/** How long a standing is cached: a change has to take effect everywhere within 5 s. */
const freshMs = 3_000;

const maxEntries = 10_000;

const isKept = 'NOT EXISTS (SELECT FROM revoked_tokens WHERE jti = $1)';

const isAfter = '(tokens_valid_after IS NULL OR tokens_valid_after < $3)';

const keyStands = (kind: HolderKind) =>
  `($4::uuid IS NULL OR EXISTS (
     SELECT FROM public_keys k
     WHERE k.id = $4 AND k.owner_kind = '${kind}' AND k.owner_id = $2 AND k.enabled
       AND (k.not_before IS NULL OR k.not_before <= $5) AND (k.not_after IS NULL OR k.not_after > $5)))`;

/** A family that is forgotten has ended by itself, or was never refreshed: its access tokens are good still. */
const familyStands =
  'NOT EXISTS (SELECT FROM refresh_tokens WHERE family_id = $6 AND revoked_at IS NOT NULL)';

const machineValues = ({ jti, id, issuedAt, keyId }: TokenOrigin, now: Date) => [
  jti,
  id,
  issuedAt,
  keyId ?? null,
  now,
];

/** Each query finds the owner of a token; a token whose owner is not found has ended. */
const queries: Readonly<
  Record<HolderKind, { sql: string; values: (origin: TokenOrigin, now: Date) => unknown[] }>
> = {
  client: {
    sql: `SELECT scopes, application_ids FROM oauth_clients
      WHERE id = $2 AND enabled AND ${isAfter} AND ${keyStands('client')} AND ${isKept}`,
    values: machineValues,
  },
  service_account: {
    sql: `SELECT scopes, application_ids, allowed_ips FROM service_accounts
      WHERE id = $2 AND blocked_at IS NULL AND (expires_at IS NULL OR expires_at > $5)
        AND ${isAfter} AND ${keyStands('service_account')} AND ${isKept} AND ${familyStands}`,
    values: (origin, now) => [...machineValues(origin, now), origin.familyId ?? null],
  },
  operator: {
    sql: `SELECT o.role, o.password_is_temporary FROM operator_sessions s JOIN operators o ON o.id = s.operator_id
      WHERE s.id = $3 AND s.ended_at IS NULL AND s.expires_at > $4
        AND o.id::text = $2 AND o.enabled AND ${isKept}`,
    values: ({ jti, id, sessionId }, now) => [jti, id, sessionId ?? null, now],
  },
};

/** Says whether an access token, a copy of what was true when it was issued, still is true. */
@Injectable()
export class Standings {
  /** Standings by the jti of the token. */
  private readonly cache: LRUCache<string, Standing | 'ended', TokenOrigin>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {
    this.cache = new LRUCache({
      max: maxEntries,
      ...freshFor(clock, freshMs),
      // Else whoever waits for an entry that is pushed out, or forgotten, would get an error.
      ignoreFetchAbort: true,
      fetchMethod: (_jti, _stale, { context }) => this.read(context),
    });
  }

  /** Returns the standing of a token as it was at most 3 s ago. */
  async of(origin: TokenOrigin): Promise<Standing | 'ended'> {
    const standing = await this.cache.forceFetch(origin.jti, { context: origin });
    // The next request comes at once, and is to find the password changed, in whichever process.
    if (standing !== 'ended' && standing.mustChangePassword) this.cache.delete(origin.jti);
    return standing;
  }

  /** Ends a token in this process at once; other processes see the end within 3 s. */
  end(jti: string): void {
    this.cache.set(jti, 'ended');
  }

  private async read(origin: TokenOrigin): Promise<Standing | 'ended'> {
    const { sql, values } = queries[origin.kind];
    const parameters = values(origin, this.clock.now());
    const [row] = await this.dataSource.query<StandingRow[]>(sql, parameters);
    return row === undefined ? 'ended' : standingOf(row);
  }
}

function standingOf({
  role,
  scopes = [],
  application_ids,
  allowed_ips,
  password_is_temporary: mustChangePassword = false,
}: StandingRow): Standing {
  const granted = role === undefined ? scopes : rolePermissions[role];
  return {
    permissions: new Set(mustChangePassword ? [] : granted),
    mustChangePassword,
    applicationIds: application_ids ?? undefined,
    addresses: allowed_ips ? new AddressList(allowed_ips) : undefined,
  };
}
