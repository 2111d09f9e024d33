import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

export const keyOwnerKinds = ['client', 'service_account', 'application'] as const;

/** The client, the service account or the application's users whose tokens a key verifies. */
export interface KeyOwner {
  readonly kind: (typeof keyOwnerKinds)[number];
  readonly id: string;
}

/** A key that verifies callers. */
@Entity('public_keys')
@Unique('public_keys_owner_kid_key', ['ownerKind', 'ownerId', 'kid'])
@Unique('public_keys_owner_fingerprint_key', ['ownerKind', 'ownerId', 'fingerprint'])
export class PublicKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'public_keys_pkey' })
  id!: string;

  @Column('text', { name: 'owner_kind' })
  ownerKind!: KeyOwner['kind'];

  @Column('text', { name: 'owner_id' })
  ownerId!: string;

  /** The key's id, unique among the owner's keys; chosen by the caller, else made of the fingerprint. */
  @Column('text')
  kid!: string;

  @Column('text', { default: '' })
  description!: string;

  @Column('text')
  algorithm!: 'RS256';

  /** The form in which the key was uploaded. */
  @Column('text')
  source!: 'x509' | 'spki' | 'pkcs1';

  /** The key as SPKI in PEM. */
  @Column('text', { name: 'public_key' })
  publicKey!: string;

  /** SHA-256 of the SPKI's DER, in hexadecimal. */
  @Index('public_keys_fingerprint_idx')
  @Column('text')
  fingerprint!: string;

  /** When the key becomes good; only a certificate says that. */
  @Column('timestamptz', { name: 'not_before', nullable: true })
  notBefore!: Date | null;

  @Column('timestamptz', { name: 'not_after', nullable: true })
  notAfter!: Date | null;

  @Column('boolean', { default: true })
  enabled!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}
