import { CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A person, by the customer's own id. */
@Entity('users')
export class User {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'users_pkey' })
  id!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}
