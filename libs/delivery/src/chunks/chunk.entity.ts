import { type Gateway, gateways } from '@app/core';
import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { Message, messagePriorities, type MessagePriority } from '../messages/message.entity';

/** Deliveries in one chunk, which is claimed and given back as a whole: that costs too much for one delivery each. */
export const chunkSize = 1_000;

export const chunkStates = ['waiting', 'working', 'finished'] as const;
export type ChunkState = (typeof chunkStates)[number];

/**
 * A range of a message's deliveries to one gateway, the unit of work. The row, not the queue's job, says who works on
 * it and how far it is; the counts are kept here because one row for a whole campaign would be a bottleneck.
 */
@Entity('chunks')
@Index('chunks_unfinished_idx', ['applicationId', 'gateway', 'priority', 'wakeAt'], {
  where: "state <> 'finished'",
})
@Index('chunks_campaign_idx', ['messageId', 'gateway', 'wakeAt', 'number'], {
  where: "state <> 'finished' AND priority = 'campaign'",
})
@Index('chunks_in_hand_idx', ['applicationId', 'gateway', 'wakeAt'], {
  where: "state = 'working' AND priority = 'campaign'",
})
export class Chunk {
  @PrimaryColumn('uuid', { name: 'message_id', primaryKeyConstraintName: 'chunks_pkey' })
  messageId!: string;

  @ManyToOne(() => Message, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'message_id', foreignKeyConstraintName: 'chunks_message_fkey' })
  message?: Relation<Message>;

  @PrimaryColumn('enum', {
    enum: gateways,
    enumName: 'gateway',
    primaryKeyConstraintName: 'chunks_pkey',
  })
  gateway!: Gateway;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'chunks_pkey' })
  number!: number;

  /** The message's, here as well, so that the chunks of a lane are found by an index. Neither ever changes. */
  @Column('integer', { name: 'application_id' })
  applicationId!: number;

  @Column('enum', { enum: messagePriorities, enumName: 'message_priority' })
  priority!: MessagePriority;

  @Column('integer', { name: 'first_seq' })
  firstSeq!: number;

  @Column('integer')
  size!: number;

  @Column('enum', { enum: chunkStates, enumName: 'chunk_state', default: 'waiting' })
  state!: ChunkState;

  /** When a waiting chunk is due, or the claim of a working one lapses. */
  @Column('timestamptz', { name: 'wake_at', default: () => 'now()' })
  wakeAt!: Date;

  /** The pass that works on the chunk. */
  @Column('uuid', { nullable: true })
  owner!: string | null;

  /** Whether a pass ended without storing what it had learned. The next one notes it of each delivery that was due. */
  @Column('boolean', { name: 'in_doubt', default: false })
  inDoubt!: boolean;

  /** The passes so far; part of the job's id, so that the next wake-up is not taken for a repeat of this one. */
  @Column('integer', { default: 0 })
  passes!: number;

  @Column('integer', { default: 0 })
  accepted!: number;

  @Column('integer', { default: 0 })
  failed!: number;

  @Column('integer', { default: 0 })
  skipped!: number;

  @Column('integer', { default: 0 })
  expired!: number;
}
