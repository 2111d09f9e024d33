import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The JWT by which APNs knows a team's key now, shared by all processes. */
@Entity('provider_tokens')
export class ProviderToken {
  /** Team, key id and key fingerprint. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_tokens_pkey' })
  name!: string;

  /** Sealed: whoever has it may push for an hour. */
  @Column('text')
  token!: string;

  @Column('timestamptz', { name: 'minted_at' })
  mintedAt!: Date;
}
