import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The place messages are led to: Apple and Google, or the simulator. */
export type Destination = 'real' | 'simulated';

/** The facts that a database knows of itself, in its only row. */
@Entity('installation')
@Check('installation_id_check', 'id')
@Check('installation_gateways_check', `gateways IN ('real', 'simulated')`)
export class Installation {
  @PrimaryColumn('boolean', { default: true, primaryKeyConstraintName: 'installation_pkey' })
  id!: boolean;

  /** The destination of all its workers. */
  @Column('text')
  gateways!: Destination;

  @Column('timestamptz', { name: 'gateways_since', default: () => 'now()' })
  gatewaysSince!: Date;
}
