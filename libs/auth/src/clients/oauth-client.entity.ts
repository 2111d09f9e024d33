import type { Permission } from '@app/core';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A machine that gets access tokens for assertions which it signs (Xtremepush's OAuth 2.0). */
@Entity('oauth_clients')
export class OAuthClient {
  /** The client id: `iss` and `sub` of its assertions. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'oauth_clients_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { array: true })
  scopes!: Permission[];

  /** The only applications that it may touch; null stands for all. */
  @Column('integer', { name: 'application_ids', array: true, nullable: true })
  applicationIds!: number[] | null;

  @Column('boolean', { default: true })
  enabled!: boolean;

  /** Whether every assertion needs a `jti`, so that none can be used twice. */
  @Column('boolean', { name: 'require_jti', default: false })
  requireJti!: boolean;

  /** The longest life of its assertions, in seconds. */
  @Column('integer', { name: 'max_assertion_seconds', default: 3600 })
  maxAssertionSeconds!: number;

  /** Tokens issued until then have ended. */
  @Column('timestamptz', { name: 'tokens_valid_after', nullable: true })
  tokensValidAfter!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'last_login_at', nullable: true })
  lastLoginAt!: Date | null;
}
