import { Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Device } from './device.entity';

/**
 * A device that a gateway refused with an answer that does not prove its token dead. It counts for nothing once the
 * device registered again, or the application is another app to its gateway.
 */
@Entity('suspects')
export class Suspect {
  @PrimaryColumn('bigint', { name: 'device_id', primaryKeyConstraintName: 'suspects_pkey' })
  deviceId!: string;

  @OneToOne(() => Device, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'device_id', foreignKeyConstraintName: 'suspects_device_fkey' })
  device?: Relation<Device>;

  /** The realm of the credentials with which the device was refused. */
  @Column('text')
  realm!: string;

  /** The time of the first answer that refused it. */
  @Column('timestamptz', { default: () => 'now()' })
  since!: Date;

  /** The reason of the latest one. */
  @Column('text')
  reason!: string;
}
