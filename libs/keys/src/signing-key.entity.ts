import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A key with which we sign our own tokens. */
@Entity('signing_keys')
export class SigningKey {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid!: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: object;

  /** The private key as PKCS#8 in PEM, sealed. */
  @Column('text', { name: 'private_key' })
  privateKey!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  /** When the key begins to sign: some time after it was published, so that everybody has it in the JWKS by then. */
  @Column('timestamptz', { name: 'signs_from' })
  signsFrom!: Date;

  /** When the last token that the key signed has expired; set when the next key is made. */
  @Column('timestamptz', { name: 'verifies_until', nullable: true })
  verifiesUntil!: Date | null;
}
