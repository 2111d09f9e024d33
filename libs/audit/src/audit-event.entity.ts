import type { ActorKind } from '@app/core';
import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

/** One change, or one attempt to log in. An event never holds a secret. */
@Entity('audit_events')
@Index('audit_events_actor_idx', ['actorKind', 'actorId', 'id'])
@Index('audit_events_target_idx', ['target', 'id'])
@Index('audit_events_action_idx', ['action', 'id'], { where: "action <> 'device.register'" })
export class AuditEvent {
  /** A bigint, so text in JavaScript; it ascends in time. */
  @PrimaryColumn('bigint', {
    primaryKeyConstraintName: 'audit_events_pkey',
    default: () => 'next_audit_event_id()',
  })
  id!: string;

  @CreateDateColumn({ type: 'timestamptz' })
  at!: Date;

  @Column('text', { name: 'actor_kind' })
  actorKind!: ActorKind;

  @Column('text', { name: 'actor_id' })
  actorId!: string;

  /** `<thing>.<verb>`, e.g. `campaign.launch`. */
  @Column('text')
  action!: string;

  /** `<thing>:<id>`, e.g. `campaign:7`. */
  @Column('text')
  target!: string;

  @Column('integer', { name: 'application_id', nullable: true })
  applicationId!: number | null;

  @Column('text', { default: 'success' })
  outcome!: 'success' | 'failure';

  /** The reason of a failure, for operators only. */
  @Column('text', { nullable: true })
  reason!: string | null;

  /** What was changed, as it was and as it is; only the members that changed. */
  @Column('jsonb', { nullable: true })
  before!: object | null;

  @Column('jsonb', { nullable: true })
  after!: object | null;

  @Column('text', { nullable: true })
  address!: string | null;
}
