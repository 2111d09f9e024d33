import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Application } from './application.entity';

@Entity('fcm_credentials')
export class FcmCredential {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'fcm_credentials_pkey',
  })
  applicationId!: number;

  @OneToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'fcm_credentials_application_fkey',
  })
  application?: Relation<Application>;

  /** Changes with each new credential. */
  @Column('uuid')
  version!: string;

  @Column('text', { name: 'project_id' })
  projectId!: string;

  /** The service account's JSON, sealed. */
  @Column('text', { name: 'service_account' })
  serviceAccount!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
