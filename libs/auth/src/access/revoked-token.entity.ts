import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An access token that was ended before its time. */
@Entity('revoked_tokens')
export class RevokedToken {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'revoked_tokens_pkey' })
  jti!: string;

  /** When the token would have ended by itself; then this may be forgotten. */
  @Index('revoked_tokens_expiry_idx')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
