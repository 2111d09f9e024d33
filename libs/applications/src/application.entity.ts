import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** One mobile app that receives pushes. Its id is PowerAuth's `appId`. */
@Entity('applications')
export class Application {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'applications_pkey' })
  id!: number;

  @Column('text')
  name!: string;

  /** The `iss` that tokens of its users must have; null for any, or none. */
  @Column('text', { name: 'user_token_issuer', nullable: true })
  userTokenIssuer!: string | null;

  /** The `aud` that tokens of its users must have, alone or among others; null for any, or none. */
  @Column('text', { name: 'user_token_audience', nullable: true })
  userTokenAudience!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
