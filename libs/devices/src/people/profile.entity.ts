import { Application } from '@app/applications';
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
import { User } from './user.entity';

/** The facts that an application keeps about a user. */
@Entity('profiles')
@Index('profiles_email_idx', ['applicationId', 'email'])
export class Profile {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'profiles_pkey',
  })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'application_id', foreignKeyConstraintName: 'profiles_application_fkey' })
  application?: Relation<Application>;

  @Index('profiles_user_idx')
  @PrimaryColumn('text', { name: 'user_id', primaryKeyConstraintName: 'profiles_pkey' })
  userId!: string;

  @ManyToOne(() => User)
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'profiles_user_fkey' })
  user?: Relation<User>;

  /**
   * The e-mail by which messages may be addressed; several users may have the same. It is the attribute of that name,
   * unless a user wrote that himself where his word does not count.
   */
  @Column('text', { nullable: true })
  email!: string | null;

  /** The attributes that the app keeps of the user, his e-mail included. */
  @Column('jsonb', { default: {} })
  attributes!: Readonly<Record<string, unknown>>;

  /** The entity tag, a new one with every change. */
  @Column('uuid')
  version!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
