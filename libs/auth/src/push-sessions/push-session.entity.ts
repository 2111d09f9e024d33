import { Application } from '@app/applications';
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

/** One user's app, signed in to register for pushes and to keep its profile. */
@Entity('push_sessions')
@Index('push_sessions_user_idx', ['applicationId', 'userId'])
export class PushSession {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'push_sessions_pkey' })
  id!: string;

  @Column('integer', { name: 'application_id' })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'push_sessions_application_fkey',
  })
  application?: Relation<Application>;

  @Column('text', { name: 'user_id' })
  userId!: string;

  /** The e-mail for which the answer to the challenge vouched. */
  @Column('text', { name: 'verified_email', nullable: true })
  verifiedEmail!: string | null;

  /** The SDK's name for its device, e.g. "iPhone": of no use as an identity. */
  @Column('text', { name: 'client_device_id', nullable: true })
  clientDeviceId!: string | null;

  @Column('text', { nullable: true })
  platform!: string | null;

  @Column('text', { name: 'platform_version', nullable: true })
  platformVersion!: string | null;

  @Column('text', { name: 'sdk_type', nullable: true })
  sdkType!: string | null;

  @Column('text', { name: 'sdk_version', nullable: true })
  sdkVersion!: string | null;

  @Column('text', { name: 'source_ip', nullable: true })
  sourceIp!: string | null;

  /** The device that the session registered, a bigint, so text; it may have been removed since. */
  @Column('bigint', { name: 'device_id', nullable: true })
  deviceId!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Index('push_sessions_expiry_idx')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
