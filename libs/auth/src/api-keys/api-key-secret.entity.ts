import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { ApiKey } from './api-key.entity';

/** A secret of an API key. There are several while one takes the place of another; those that have ended are remembered. */
@Entity('api_key_secrets')
export class ApiKeySecret {
  /** SHA-256 of the secret in hexadecimal. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'api_key_secrets_pkey' })
  hash!: string;

  @Index('api_key_secrets_key_idx')
  @Column('uuid', { name: 'api_key_id' })
  apiKeyId!: string;

  @ManyToOne(() => ApiKey, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'api_key_id', foreignKeyConstraintName: 'api_key_secrets_key_fkey' })
  apiKey?: Relation<ApiKey>;

  /** The part that is shown. */
  @Column('text')
  prefix!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  /** When it stops working, for another one took its place; null for the present one. */
  @Column('timestamptz', { name: 'ends_at', nullable: true })
  endsAt!: Date | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('text', { name: 'last_used_address', nullable: true })
  lastUsedAddress!: string | null;
}
