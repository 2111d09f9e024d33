import { type Gateway, gateways } from '@app/core';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const deliveryStates = ['pending', 'accepted', 'failed', 'skipped', 'expired'] as const;
/** Every delivery of a launched message ends in exactly one state but `pending`. */
export type DeliveryState = (typeof deliveryStates)[number];

/** One message on its way to one device. Its public id is computed: see `deliveryId`. */
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

  /** Counts from 0 within message and gateway, in the order of planning. */
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'deliveries_pkey' })
  seq!: number;

  @Column('enum', { enum: deliveryStates, enumName: 'delivery_state', default: 'pending' })
  state!: DeliveryState;

  @Column('bigint', { name: 'device_id' })
  deviceId!: string;

  /** Sends so far that got no final answer. */
  @Column('smallint', { default: 0 })
  attempts!: number;

  @Column('timestamptz', { name: 'retry_at', nullable: true })
  retryAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  /** Why it is not accepted: the gateway's reason, or ours. While pending, why the last attempt did not end it. */
  @Column('text', { nullable: true })
  reason!: string | null;

  /** While pending: a gateway may have shown it, though nobody knows. Sent again, it takes the first one's place. */
  @Column('boolean', { name: 'in_doubt', default: false })
  inDoubt!: boolean;

  /** FCM's own name of the message; APNs knows it under our delivery id. */
  @Column('text', { name: 'gateway_id', nullable: true })
  gatewayId!: string | null;
}
