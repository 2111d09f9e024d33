import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A name that may be used once, and was. */
@Entity('used_assertions')
export class UsedAssertion {
  /** Who made the name, e.g. `client:crm`; each issuer has names of its own. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'used_assertions_pkey' })
  issuer!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'used_assertions_pkey' })
  jti!: string;

  @Index('used_assertions_expiry_idx')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
