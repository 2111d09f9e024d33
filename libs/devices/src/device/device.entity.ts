import { type Platform, platforms } from '@app/core';
import { Application } from '@app/applications';
import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
  Unique,
} from 'typeorm';

/** One installation: a push token of one application on one platform. */
@Entity('devices')
@Unique('devices_application_token_key', ['applicationId', 'token'])
@Index('devices_live_idx', ['applicationId', 'platform', 'id'], { where: 'retired_at IS NULL' })
@Index('devices_retired_idx', ['applicationId', 'platform', 'id'], {
  where: 'retired_at IS NOT NULL',
})
export class Device {
  /** The device's id, a bigint and therefore text in JavaScript. */
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'devices_pkey',
  })
  id!: string;

  @Column('integer', { name: 'application_id' })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'application_id', foreignKeyConstraintName: 'devices_application_fkey' })
  application?: Relation<Application>;

  @Column('enum', { enum: platforms, enumName: 'platform' })
  platform!: Platform;

  @Column('text')
  token!: string;

  /** The time of the last registration; a gateway's older word that the token is dead counts for nothing. */
  @Column('timestamptz', { name: 'registered_at', default: () => 'now()' })
  registeredAt!: Date;

  /** Since when we know that the token is dead. */
  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt!: Date | null;

  @Column('text', { name: 'retired_reason', nullable: true })
  retiredReason!: string | null;
}
