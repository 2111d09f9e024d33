import { type Gateway, gateways } from '@app/core';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const deliveryStates = ['pending', 'accepted', 'failed', 'skipped', 'expired'] as const;
/** The state of a delivery; every delivery of a launched message ends in exactly one state other than `pending`. */
export type DeliveryState = (typeof deliveryStates)[number];

/** The end of a delivery that nobody sends any more, but that was sent, and nobody knows what came of it. */
export const mayHaveBeenShown = { state: 'failed', reason: 'MAY_HAVE_BEEN_SHOWN' } as const;

/** One message on its way to one device. Its public id is computed: see `DeliveryIds`. */
@Entity('deliveries')
@Index('deliveries_device_message_key', ['deviceId', 'messageId'], { unique: true })
export class Delivery {
  @PrimaryColumn('uuid', { name: 'message_id', primaryKeyConstraintName: 'deliveries_pkey' })
  messageId!: string;

  @PrimaryColumn('enum', {
    enum: gateways,
    enumName: 'gateway',
    primaryKeyConstraintName: 'deliveries_pkey',
  })
  gateway!: Gateway;

  /** The place in the order of planning, from 0, within message and gateway. */
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'deliveries_pkey' })
  seq!: number;

  @Column('enum', { enum: deliveryStates, enumName: 'delivery_state', default: 'pending' })
  state!: DeliveryState;

  @Column('bigint', { name: 'device_id' })
  deviceId!: string;

  /** How many sends so far got no final answer. */
  @Column('smallint', { default: 0 })
  attempts!: number;

  @Column('timestamptz', { name: 'retry_at', nullable: true })
  retryAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  /** The gateway's reason, or ours, why it is not accepted; while pending, why the last attempt did not end it. */
  @Column('text', { nullable: true })
  reason!: string | null;

  /** Whether a gateway may have shown a pending delivery, though nobody knows. Sent again, it replaces the first one. */
  @Column('boolean', { name: 'in_doubt', default: false })
  inDoubt!: boolean;

  /** FCM's own name of the message; APNs knows it by our delivery id. */
  @Column('text', { name: 'gateway_id', nullable: true })
  gatewayId!: string | null;
}
