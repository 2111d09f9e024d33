import { Application } from '@app/applications';
import { Message, type MessageState } from '@app/delivery';
import {
  Column,
  CreateDateColumn,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  OneToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';

/** A message sent to one user now. A notification's id is its message's. */
@Entity('notifications')
@Index('notifications_created_idx', ['createdAt', 'id'])
@Index('notifications_application_idx', ['applicationId', 'createdAt', 'id'])
@Index('notifications_user_idx', ['userId', 'createdAt', 'id'])
export class Notification {
  @PrimaryColumn('uuid', {
    name: 'message_id',
    primaryKeyConstraintName: 'notifications_pkey',
  })
  id!: string;

  @OneToOne(() => Message, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'message_id', foreignKeyConstraintName: 'notifications_message_fkey' })
  message!: Relation<Message>;

  @Column('text', { name: 'user_id' })
  userId!: string;

  /** Limits the notification to the device of this activation. */
  @Column('text', { name: 'activation_id', nullable: true })
  activationId!: string | null;

  /** The message's application, repeated here for the lists. */
  @Column('integer', { name: 'application_id' })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'notifications_application_fkey',
  })
  application?: Relation<Application>;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  get state(): MessageState {
    return this.message.state;
  }

  /** When its last delivery got its final state. */
  get completedAt(): Date | null {
    return this.message.completedAt;
  }
}
