import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** One mobile app that receives pushes. Its id is PowerAuth's `appId`. */
@Entity('applications')
export class Application {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'applications_pkey' })
  id!: number;

  @Column('text')
  name!: string;

  /** Pace towards APNs in messages per second; 0 is unlimited. */
  @Column('integer', { name: 'apns_per_second', default: 0 })
  apnsPerSecond!: number;

  /** Pace towards FCM in messages per second; 0 is unlimited. The default keeps below Google's 600 000 a minute. */
  @Column('integer', { name: 'fcm_per_second', default: 9500 })
  fcmPerSecond!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
