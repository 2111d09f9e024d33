import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A key with which we sign our own tokens. */
@Entity('signing_keys')
export class SigningKey {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid!: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: object;

  /** PKCS#8 in PEM, sealed. */
  @Column('text', { name: 'private_key' })
  privateKey!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  /** Some time after it was published, so that everybody has it in the JWKS before it signs. */
  @Column('timestamptz', { name: 'signs_from' })
  signsFrom!: Date;

  /** Set when the next key was made: until the last token that it signed has expired. */
  @Column('timestamptz', { name: 'verifies_until', nullable: true })
  verifiesUntil!: Date | null;
}
