import { Application } from '@app/applications';
import { type Gateway, gateways } from '@app/core';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';

/** What all workers know of one application's way to one gateway, since the first of them used it. */
@Entity('lanes')
export class Lane {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'lanes_pkey',
  })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'application_id', foreignKeyConstraintName: 'lanes_application_fkey' })
  application?: Relation<Application>;

  @PrimaryColumn('enum', {
    enum: gateways,
    enumName: 'gateway',
    primaryKeyConstraintName: 'lanes_pkey',
  })
  gateway!: Gateway;

  /** When the next send permit falls due: the pace's theoretical arrival time (GCRA). */
  @Column('timestamptz', { name: 'next_at', default: () => 'now()' })
  nextAt!: Date;

  /** Until when we send nothing, because the gateway asked us to, or its silence tells us to. */
  @Column('timestamptz', { name: 'paused_until', default: '-infinity' })
  pausedUntil!: Date;

  @Column('text', { name: 'pause_reason', nullable: true })
  pauseReason!: string | null;

  /** Pauses in a row without an accepted delivery between them: they grow. */
  @Column('integer', { default: 0 })
  pauses!: number;

  /** The version of the credentials that had a delivery accepted: they and their topic are right. */
  @Column('uuid', { name: 'proven_version', nullable: true })
  provenVersion!: string | null;

  /** The version of the credentials that opened the breaker; other credentials find it closed. */
  @Column('uuid', { name: 'open_version', nullable: true })
  openVersion!: string | null;

  @Column('text', { name: 'open_reason', nullable: true })
  openReason!: string | null;

  @Column('timestamptz', { name: 'opened_at', nullable: true })
  openedAt!: Date | null;

  /** The message of the delivery whose answer opened the breaker; `openDeviceId` names its device. */
  @Column('uuid', { name: 'open_message_id', nullable: true })
  openMessageId!: string | null;

  @Column('bigint', { name: 'open_device_id', nullable: true })
  openDeviceId!: string | null;

  /** When one delivery may try whether the fault is gone. */
  @Column('timestamptz', { name: 'probe_at', nullable: true })
  probeAt!: Date | null;
}
