import { Column, CreateDateColumn, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { Role } from '../access/role';

/** A person who runs Carillon. */
@Entity('operators')
@Unique('operators_email_key', ['email'])
export class Operator {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'operators_pkey' })
  id!: string;

  /** The e-mail in lower case. */
  @Column('text')
  email!: string;

  @Column('text')
  role!: Role;

  /** The hash as `$argon2id$…` (PHC string format). */
  @Column('text', { name: 'password_hash' })
  passwordHash!: string;

  /** Whether the password is good only for choosing another. */
  @Column('boolean', { name: 'password_is_temporary', default: false })
  passwordIsTemporary!: boolean;

  @Column('boolean', { default: true })
  enabled!: boolean;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'last_login_at', nullable: true })
  lastLoginAt!: Date | null;
}
