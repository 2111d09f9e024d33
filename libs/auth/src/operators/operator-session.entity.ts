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
import { Operator } from './operator.entity';

/** One login of an operator; its access tokens end with it. */
@Entity('operator_sessions')
@Index('operator_sessions_operator_idx', ['operatorId'])
@Index('operator_sessions_expiry_idx', ['expiresAt'])
export class OperatorSession {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'operator_sessions_pkey' })
  id!: string;

  @Column('uuid', { name: 'operator_id' })
  operatorId!: string;

  @ManyToOne(() => Operator, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'operator_id',
    foreignKeyConstraintName: 'operator_sessions_operator_fkey',
  })
  operator?: Relation<Operator>;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  /** The moment at which the session was ended before its time. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('text', { nullable: true })
  address!: string | null;
}
