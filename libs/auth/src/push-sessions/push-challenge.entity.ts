import { Application } from '@app/applications';
import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';

/** A nonce that a challenge token has to hold to open one push session. */
@Entity('push_challenges')
export class PushChallenge {
  /** The SDKs' authenticationId. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'push_challenges_pkey' })
  id!: string;

  @Column('integer', { name: 'application_id' })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'push_challenges_application_fkey',
  })
  application?: Relation<Application>;

  @Column('text')
  nonce!: string;

  @Index('push_challenges_expiry_idx')
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}
