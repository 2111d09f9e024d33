import {
  Column,
  Entity,
  JoinColumn,
  OneToOne,
  PrimaryColumn,
  type Relation,
  Unique,
} from 'typeorm';
import { Application } from './application.entity';

/**
 * The times that a challenge token may hold: seconds (RFC 7519), or also milliseconds, as Dotdigital's own sample for
 * Android writes them.
 */
export const timestampUnits = ['auto', 'seconds'] as const;
export type TimestampUnit = (typeof timestampUnits)[number];

/** How the app of an application gets push sessions: Dotdigital's push notification profile. */
@Entity('push_profiles')
@Unique('push_profiles_api_space_key', ['apiSpaceId'])
export class PushProfile {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'push_profiles_pkey',
  })
  applicationId!: number;

  @OneToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'push_profiles_application_fkey',
  })
  application?: Relation<Application>;

  /** The name of the application in the SDKs' URLs. */
  @Column('text', { name: 'api_space_id' })
  apiSpaceId!: string;

  @Column('text')
  issuer!: string;

  @Column('text')
  audience!: string;

  /** The secret that signs the challenge tokens, sealed. */
  @Column('text', { name: 'shared_secret' })
  sharedSecret!: string;

  /** The secret before it, sealed, still good until `previousSecretUntil`. */
  @Column('text', { name: 'previous_secret', nullable: true })
  previousSecret!: string | null;

  @Column('timestamptz', { name: 'previous_secret_until', nullable: true })
  previousSecretUntil!: Date | null;

  /** The claim that names the user. */
  @Column('text', { name: 'id_claim', default: 'sub' })
  idClaim!: string;

  @Column('text', { name: 'timestamp_unit', default: 'auto' })
  timestampUnit!: TimestampUnit;

  /** The longest life of a session. */
  @Column('integer', { name: 'session_seconds', default: 86_400 })
  sessionSeconds!: number;

  /**
   * Whether users link the e-mails that they write to their profiles; else only tokens that vouch for one, and those with
   * devices:write, do.
   */
  @Column('boolean', { name: 'links_email', default: false })
  linksEmail!: boolean;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
