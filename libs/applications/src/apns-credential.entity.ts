import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Application } from './application.entity';

export const apnsEnvironments = ['production', 'development'] as const;
export type ApnsEnvironment = (typeof apnsEnvironments)[number];

@Entity('apns_credentials')
export class ApnsCredential {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'apns_credentials_pkey',
  })
  applicationId!: number;

  @OneToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'apns_credentials_application_fkey',
  })
  application?: Relation<Application>;

  /** Changes with each new credential. */
  @Column('uuid')
  version!: string;

  /** Bundle id of the app: the topic. */
  @Column('text')
  bundle!: string;

  @Column('text', { name: 'key_id' })
  keyId!: string;

  @Column('text', { name: 'team_id' })
  teamId!: string;

  @Column('enum', { enum: apnsEnvironments, enumName: 'apns_environment' })
  environment!: ApnsEnvironment;

  /** The .p8 key, sealed. */
  @Column('text', { name: 'private_key' })
  privateKey!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
