import { reachTable } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Message } from '../messages/message.entity';
import { Messages } from '../messages/messages';
import { chunkSize } from './chunk.entity';
import { Chunks } from './chunks';

/**
 * Builds the SQL of an audience: a query of `(device_id bigint, platform platform, active boolean)`, one row per
 * device. `active`: one of the activations through which the device is addressed is ACTIVE.
 * @param parameter gives a value to the statement, and returns its place there
 */
export type AudienceQuery = (parameter: (value: unknown) => string) => string;

/** The deliveries of a plan that make a table another one than it was. */
const largePlan = 10 * chunkSize;

/** Freezes an audience into deliveries. */
@Injectable()
export class Planner {
  constructor(
    private readonly dataSource: DataSource,
    private readonly chunks: Chunks,
    private readonly messages: Messages,
  ) {}

  /**
   * Writes the deliveries of a `planning` message, one for each device of the audience that has none yet, cuts them into
   * chunks and sets the message running, in the caller's transaction. A further plan begins a chunk of its own.
   * @returns how many deliveries are new
   */
  async plan(manager: EntityManager, message: Message, audience: AudienceQuery): Promise<number> {
    const parameters: unknown[] = [message.id, message.personal];
    const audienceSql = audience((value) => `$${parameters.push(value)}`);
    await manager.query(
      `INSERT INTO deliveries (message_id, gateway, seq, device_id, state, reason, finished_at)
       SELECT $1, gateway, coalesce(first_seq, 0) + row_number() OVER (PARTITION BY gateway ORDER BY device_id) - 1,
         device_id,
         CASE WHEN skip THEN 'skipped' ELSE 'pending' END::delivery_state,
         CASE WHEN skip THEN 'ACTIVATION_NOT_ACTIVE' END, CASE WHEN skip THEN now() END
       FROM (
         SELECT device_id, gateway, $2 AND NOT active AS skip
         FROM (${audienceSql}) AS audience JOIN ${reachTable} USING (platform)
         -- Not NOT EXISTS: as a join, with old statistics, it may read all of the message's deliveries for each device.
         WHERE (SELECT seq FROM deliveries WHERE message_id = $1 AND deliveries.device_id = audience.device_id) IS NULL
       ) AS planned
       LEFT JOIN (
         SELECT gateway, (max(number) + 1) * ${chunkSize} AS first_seq FROM chunks WHERE message_id = $1 GROUP BY 1
       ) AS earlier USING (gateway)`,
      parameters,
    );
    const total = await this.chunks.cut(manager, message.id);
    await this.messages.change(manager, message.id, 'run');
    return total;
  }

  /**
   * Makes PostgreSQL look at the tables again when a plan was larger than what it knows of: of its own it does so up to a
   * minute later, and till then statements may be led by plans that suit tables of a few rows.
   * @param planned the deliveries of the plan
   */
  async learnGrowth(planned: number): Promise<void> {
    if (planned < largePlan) return;
    const [{ isNews }] = await this.dataSource.query<[{ isNews: boolean }]>(
      `SELECT reltuples < $1 AS "isNews" FROM pg_class WHERE oid = 'deliveries'::regclass`,
      [planned],
    );
    if (isNews) await this.dataSource.query('ANALYZE deliveries, chunks');
  }
}
