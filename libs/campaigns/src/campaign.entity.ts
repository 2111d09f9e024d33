import { Message, type MessageState } from '@app/delivery';
import {
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  OneToOne,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';

/** A message with an audience of users. The campaign's state is its message's. */
@Entity('campaigns')
export class Campaign {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'campaigns_pkey',
  })
  id!: number;

  @Column('uuid', { name: 'message_id' })
  messageId!: string;

  @OneToOne(() => Message, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'message_id', foreignKeyConstraintName: 'campaigns_message_fkey' })
  message!: Relation<Message>;

  @Column('text')
  name!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  get state(): MessageState {
    return this.message.state;
  }

  get launchedAt(): Date | null {
    return this.message.launchedAt;
  }

  /** When its last delivery got its final state. */
  get completedAt(): Date | null {
    return this.message.completedAt;
  }
}
