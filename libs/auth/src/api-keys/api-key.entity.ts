import type { Permission } from '@app/core';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A machine that shows a secret with each request, and what it may do with it. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'api_keys_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { array: true })
  scopes!: Permission[];

  /** The only applications that it may touch; null stands for all. */
  @Column('integer', { name: 'application_ids', array: true, nullable: true })
  applicationIds!: number[] | null;

  /** Addresses and CIDR ranges that it may come from; null stands for all. */
  @Column('text', { name: 'allowed_ips', array: true, nullable: true })
  allowedIps!: string[] | null;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** Since when it is good for nothing, for ever. */
  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
