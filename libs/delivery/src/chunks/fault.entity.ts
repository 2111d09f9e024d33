import { type Gateway, gateways } from '@app/core';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Message } from '../messages/message.entity';

/** A job of a message that failed by a fault of ours, and has not succeeded since. */
@Entity('faults')
export class Fault {
  @PrimaryColumn('uuid', { name: 'message_id', primaryKeyConstraintName: 'faults_pkey' })
  messageId!: string;

  @ManyToOne(() => Message, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'message_id', foreignKeyConstraintName: 'faults_message_fkey' })
  message?: Relation<Message>;

  /** The word `planning`, or the gateway and the number of a chunk. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'faults_pkey' })
  job!: string;

  /** The gateway; null for planning, which comes before the gateways. */
  @Column('enum', { enum: gateways, enumName: 'gateway', nullable: true })
  gateway!: Gateway | null;

  /** The failures in a row. */
  @Column('integer', { default: 1 })
  failures!: number;

  /** The error's text, for those who run the server. */
  @Column('text')
  reason!: string;

  @Column('timestamptz', { name: 'failed_at', default: () => 'now()' })
  failedAt!: Date;

  /** When the job is tried again. */
  @Column('timestamptz', { name: 'retry_at' })
  retryAt!: Date;
}
