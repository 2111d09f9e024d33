import type { Permission } from '@app/core';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** What an account has to show at /auth/token, the strictest first; see docs/authentication.md. */
export const loginModes = ['assertion_only', 'signed', 'legacy_public_key'] as const;
export type LoginMode = (typeof loginModes)[number];

/** A machine that logs in as PaymentsGate's service accounts do. */
@Entity('service_accounts')
export class ServiceAccount {
  /** The `account_id`. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'service_accounts_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { array: true })
  scopes!: Permission[];

  /** The only applications that it may touch; null stands for all. */
  @Column('integer', { name: 'application_ids', array: true, nullable: true })
  applicationIds!: number[] | null;

  @Column('text', { name: 'login_mode', default: 'assertion_only' })
  loginMode!: LoginMode;

  /** The reason why its public key alone lets it in. */
  @Column('text', { name: 'legacy_reason', nullable: true })
  legacyReason!: string | null;

  /** When the public key alone stops being enough; in the mode `signed` the end of a period in which both work. */
  @Column('timestamptz', { name: 'legacy_until', nullable: true })
  legacyUntil!: Date | null;

  /** Addresses and CIDR ranges that it may come from; null stands for all. */
  @Column('text', { name: 'allowed_ips', array: true, nullable: true })
  allowedIps!: string[] | null;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'blocked_at', nullable: true })
  blockedAt!: Date | null;

  /** Tokens issued until then have ended. */
  @Column('timestamptz', { name: 'tokens_valid_after', nullable: true })
  tokensValidAfter!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'last_login_at', nullable: true })
  lastLoginAt!: Date | null;

  /** The last login by the public key alone. */
  @Column('timestamptz', { name: 'last_legacy_login_at', nullable: true })
  lastLegacyLoginAt!: Date | null;

  @Column('text', { name: 'last_legacy_address', nullable: true })
  lastLegacyAddress!: string | null;

  @Column('text', { name: 'last_legacy_user_agent', nullable: true })
  lastLegacyUserAgent!: string | null;
}
