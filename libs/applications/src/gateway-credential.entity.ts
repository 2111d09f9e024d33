import { type Gateway, gateways } from '@app/core';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Application } from './application.entity';

/** The credential by which an application signs in to a gateway. */
@Entity('gateway_credentials')
export class GatewayCredential {
  @PrimaryColumn('integer', {
    name: 'application_id',
    primaryKeyConstraintName: 'gateway_credentials_pkey',
  })
  applicationId!: number;

  @ManyToOne(() => Application, { onDelete: 'CASCADE' })
  @JoinColumn({
    name: 'application_id',
    foreignKeyConstraintName: 'gateway_credentials_application_fkey',
  })
  application?: Relation<Application>;

  @PrimaryColumn('enum', {
    enum: gateways,
    enumName: 'gateway',
    primaryKeyConstraintName: 'gateway_credentials_pkey',
  })
  gateway!: Gateway;

  /** Changes with each new credential. */
  @Column('uuid')
  version!: string;

  /** The app as its gateway knows it; a renewed key leaves it as it is. */
  @Column('text')
  realm!: string;

  /** The part for anybody who may see the application; each gateway has its own. */
  @Column('jsonb')
  facts!: object;

  /** The secret, sealed. */
  @Column('text')
  sealed!: string;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
