import { Application } from '@app/applications';
import { type Gateway, gateways } from '@app/core';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';

/** The pace that somebody set for an application's lane to one gateway; a lane without one has its gateway's own. */
@Entity('lane_limits')
export class LaneLimit {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'lane_limits_pkey',
  })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'application_id', foreignKeyConstraintName: 'lane_limits_application_fkey' })
  application?: Relation<Application>;

  @PrimaryColumn('enum', {
    enum: gateways,
    enumName: 'gateway',
    primaryKeyConstraintName: 'lane_limits_pkey',
  })
  gateway!: Gateway;

  /** Messages per second; 0 is unlimited. */
  @Column('integer', { name: 'per_second' })
  perSecond!: number;
}
