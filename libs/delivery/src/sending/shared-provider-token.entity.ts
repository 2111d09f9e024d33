import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The JWT by which APNs knows a team's key at present, shared by all processes. */
@Entity('provider_tokens')
export class SharedProviderToken {
  /** The team, the key id and the key's fingerprint. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_tokens_pkey' })
  name!: string;

  /** The token, sealed: whoever has it may push for an hour. */
  @Column('text')
  token!: string;

  @Column('timestamptz', { name: 'minted_at' })
  mintedAt!: Date;
}
