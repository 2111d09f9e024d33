import { Application } from '@app/applications';
import type { MessageContent } from '@app/push';
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
import { contentColumn } from './content-column';

export const messagePriorities = ['transactional', 'campaign'] as const;
/** The priority chooses the queue: a transactional message never waits behind a campaign. */
export type MessagePriority = (typeof messagePriorities)[number];

export const messageStates = [
  'draft',
  'planning',
  'running',
  'paused',
  'cancelled',
  'completed',
] as const;
export type MessageState = (typeof messageStates)[number];

/** Content with the state of its sending. A notification and a campaign each own exactly one. */
@Entity('messages')
@Index('messages_campaign_idx', ['applicationId', 'state', 'createdAt', 'id'], {
  where: "priority = 'campaign'",
})
@Index('messages_running_idx', ['applicationId', 'id'], {
  where: "priority = 'campaign' AND state = 'running'",
})
@Index('messages_active_idx', ['id'], { where: "state IN ('planning', 'running')" })
@Index('messages_cancelled_idx', ['id'], { where: "state = 'cancelled'" })
export class Message {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'messages_pkey' })
  id!: string;

  @Index('messages_application_idx')
  @Column('integer', { name: 'application_id' })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'application_id', foreignKeyConstraintName: 'messages_application_fkey' })
  application?: Relation<Application>;

  @Column('enum', { enum: messagePriorities, enumName: 'message_priority' })
  priority!: MessagePriority;

  @Column('enum', { enum: messageStates, enumName: 'message_state' })
  state!: MessageState;

  @Column('jsonb', { transformer: contentColumn })
  content!: MessageContent;

  /** Whether devices are skipped whose activation is not ACTIVE. */
  @Column('boolean', { default: false })
  personal!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'launched_at', nullable: true })
  launchedAt!: Date | null;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt!: Date | null;
}
