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
import { User } from '../people/user.entity';
import { Device } from './device.entity';

export const activationStatuses = [
  'CREATED',
  'PENDING_COMMIT',
  'ACTIVE',
  'BLOCKED',
  'REMOVED',
] as const;
export type ActivationStatus = (typeof activationStatuses)[number];

/**
 * PowerAuth's pairing of a user and a device. A device may carry several, of one user or of many. A device that is
 * registered for a user without naming an activation gets one of its own.
 */
@Entity('activations')
export class Activation {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'activations_pkey' })
  id!: string;

  @Index('activations_user_idx')
  @Column('text', { name: 'user_id' })
  userId!: string;

  @ManyToOne(() => User)
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'activations_user_fkey' })
  user?: Relation<User>;

  /** The device; null until one registers with this activation. */
  @Index('activations_device_idx')
  @Column('bigint', { name: 'device_id', nullable: true })
  deviceId!: string | null;

  @ManyToOne(() => Device, { onDelete: 'SET NULL' })
  @JoinColumn({ name: 'device_id', foreignKeyConstraintName: 'activations_device_fkey' })
  device?: Relation<Device> | null;

  /**
   * The application of the activation's last device, or of the client that made it known, if that is limited to one. It
   * may have been removed since. Null for those that devices get by themselves.
   */
  @Column('integer', { name: 'home_application_id', nullable: true })
  homeApplicationId!: number | null;

  @Column('enum', { enum: activationStatuses, enumName: 'activation_status' })
  status!: ActivationStatus;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
