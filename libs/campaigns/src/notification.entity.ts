import { Message } from '@app/delivery';
import { Column, Entity, Index, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';

/** A message sent to one user now. Its id is its message's. */
@Entity('notifications')
export class Notification {
  @PrimaryColumn('uuid', {
    name: 'message_id',
    primaryKeyConstraintName: 'notifications_pkey',
  })
  id!: string;

  @OneToOne(() => Message, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'message_id', foreignKeyConstraintName: 'notifications_message_fkey' })
  message!: Relation<Message>;

  @Index('notifications_user_idx')
  @Column('text', { name: 'user_id' })
  userId!: string;

  /** Only the device of this activation, where given. */
  @Column('text', { name: 'activation_id', nullable: true })
  activationId!: string | null;
}
