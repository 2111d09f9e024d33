import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One counter of `RateLimits`, in the shape that rate-limiter-flexible gives it. */
@Entity('rate_limits')
export class RateLimitCounter {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'rate_limits_pkey' })
  key!: string;

  @Column('integer', { default: 0 })
  points!: number;

  /** Milliseconds since 1970; a bigint, so text in JavaScript. */
  @Column('bigint', { nullable: true })
  expire!: string | null;
}
