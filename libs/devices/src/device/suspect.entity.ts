import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Device } from './device.entity';

/**
 * A device that a gateway refused with an answer that does not prove its token dead. It counts for nothing once the
 * device registered again, or the application has other credentials.
 */
@Entity('suspects')
export class Suspect {
  @PrimaryColumn('bigint', { name: 'device_id', primaryKeyConstraintName: 'suspects_pkey' })
  deviceId!: string;

  @OneToOne(() => Device, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'device_id', foreignKeyConstraintName: 'suspects_device_fkey' })
  device?: Relation<Device>;

  /** Of the credentials with which it was refused. */
  @Column('uuid')
  version!: string;

  /** The first such answer. */
  @Column('timestamptz', { default: () => 'now()' })
  since!: Date;

  /** The gateway's latest. */
  @Column('text')
  reason!: string;
}
