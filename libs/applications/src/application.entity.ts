import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** One mobile app that receives pushes. Its id is PowerAuth's `appId`. */
@Entity('applications')
export class Application {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'applications_pkey' })
  id!: number;

  @Column('text')
  name!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
