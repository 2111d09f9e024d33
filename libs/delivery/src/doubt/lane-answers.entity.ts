import { Application } from '@app/applications';
import { type Gateway, gateways } from '@app/core';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';

/** The answers of a gateway to one lane within one minute. */
@Entity('lane_answers')
export class LaneAnswers {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'lane_answers_pkey',
  })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'lane_answers_application_fkey',
  })
  application?: Relation<Application>;

  @PrimaryColumn('enum', {
    enum: gateways,
    enumName: 'gateway',
    primaryKeyConstraintName: 'lane_answers_pkey',
  })
  gateway!: Gateway;

  /** The minute modulo the window; a later minute replaces it. */
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'lane_answers_pkey' })
  slot!: number;

  /** The realm of the credentials in use; another begins anew. */
  @Column('text')
  realm!: string;

  @Column('timestamptz')
  minute!: Date;

  /** The first acceptance in this minute and all that the slot had before in the same realm. */
  @Column('timestamptz', { name: 'first_accepted_at', nullable: true })
  firstAcceptedAt!: Date | null;

  @Column('timestamptz', { name: 'last_accepted_at', nullable: true })
  lastAcceptedAt!: Date | null;

  @Column('integer')
  accepted!: number;

  /** A `Sketch` of the devices. */
  @Column({ type: 'bit', name: 'accepted_devices', length: '256' })
  acceptedDevices!: string;

  /** The number of answers that one device's fault and one of ours share. */
  @Column('integer')
  doubtful!: number;

  /** A `Sketch` of the users. */
  @Column({ type: 'bit', name: 'doubtful_users', length: '256' })
  doubtfulUsers!: string;

  /** The number of answers that tell a token dead for certain. */
  @Column('integer')
  dead!: number;
}
