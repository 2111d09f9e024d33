import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
  Unique,
} from 'typeorm';
import { ServiceAccount } from './service-account.entity';

/** A token that gets a service account its next pair of tokens, once. One login and its refreshes make a family. */
@Entity('refresh_tokens')
@Unique('refresh_tokens_hash_key', ['hash'])
export class RefreshToken {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'refresh_tokens_pkey' })
  id!: string;

  @Index('refresh_tokens_family_idx')
  @Column('uuid', { name: 'family_id' })
  familyId!: string;

  @Index('refresh_tokens_account_idx')
  @Column('text', { name: 'service_account_id' })
  serviceAccountId!: string;

  @ManyToOne(() => ServiceAccount, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'service_account_id',
    foreignKeyConstraintName: 'refresh_tokens_account_fkey',
  })
  serviceAccount?: Relation<ServiceAccount>;

  /** The key that proved the login. */
  @Column('uuid', { name: 'key_id' })
  keyId!: string;

  /** SHA-256 of the token in hexadecimal. */
  @Column('text')
  hash!: string;

  /** 0 for the login, one more with every refresh. */
  @Column('integer')
  generation!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;

  /** The token that it was exchanged for. */
  @Column('uuid', { name: 'successor_id', nullable: true })
  successorId!: string | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Index('refresh_tokens_expiry_idx')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** The end of its family. */
  @Column('timestamptz', { name: 'absolute_expires_at' })
  absoluteExpiresAt!: Date;
}
