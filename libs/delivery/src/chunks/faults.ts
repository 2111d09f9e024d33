import { type Gateway, isAway, RepeatedLog, type SpareConnection } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { useLane } from '../lanes/lane.statements';
import type { ClaimedChunk } from './claims';

/** The reason of a pending delivery whose passes fail by a fault of ours. */
const serverFault = 'SERVER_FAULT';

/** A job that fails, as those who run the server see it. */
export interface LaneFault {
  readonly gateway: Gateway;
  readonly reason: string;
  readonly failedAt: Date;
}

/** All jobs of running messages that fail at the moment. */
export interface FailingJobs {
  readonly total: number;
  /** The moment of the oldest failure. */
  readonly since: Date | null;
}

const planning = 'planning';

const longestReason = 300;

/**
 * Keeps what fails by a fault of ours, not of a gateway or of what it was told: an exception in a pass, in planning, in
 * recording. The message waits, longer each time, and is tried again; meanwhile everybody can see why. A success makes
 * the fault forgotten. The database's absence is no fault of the work that it ends: that is done again when it is back.
 */
@Injectable()
export class Faults {
  private readonly log = new RepeatedLog(new Logger('Delivery'));

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Notes that a pass failed, and gives the chunk back, to be woken after a while; after a second where the database was
   * away.
   * @param isInDoubt whether the pass may have sent what is pending now
   * @throws when that can't be stored either
   */
  async ofPass(chunk: ClaimedChunk, error: unknown, isInDoubt: boolean): Promise<void> {
    const { messageId, gateway, number, firstSeq, size, owner } = chunk;
    if (isAbsence(error)) {
      const ref = [messageId, gateway, number, owner];
      await this.dataSource.query(interruptedPassStatement, [...ref, isInDoubt]);
      return;
    }
    this.tell('Passes over chunks fail', `${messageId} ${gateway} ${number}`, error);
    await this.dataSource.query(failedPassStatement, [
      messageId,
      jobOf(chunk),
      gateway,
      reasonOf(error),
      number,
      owner,
      firstSeq,
      firstSeq + size,
      serverFault,
      isInDoubt,
    ]);
  }

  /** Notes that planning a message failed. @throws when that can't be stored either */
  async ofPlanning(messageId: string, error: unknown): Promise<void> {
    if (isAbsence(error)) return;
    this.tell('Planning fails', messageId, error);
    await this.dataSource.query(`${noteStatement} RETURNING 1`, [
      messageId,
      planning,
      null,
      reasonOf(error),
    ]);
  }

  /** Forgets the fault of a chunk after a pass that went well. */
  async passed(chunk: ClaimedChunk): Promise<void> {
    await this.forget(chunk.messageId, jobOf(chunk));
  }

  async planned(messageId: string): Promise<void> {
    await this.forget(messageId, planning);
  }

  /** Picks the messages whose planning must not be tried again yet. */
  async waiting(messageIds: readonly string[]): Promise<Set<string>> {
    if (messageIds.length === 0) return new Set();
    const rows = await this.dataSource.query<{ message_id: string }[]>(
      'SELECT message_id FROM faults WHERE message_id = ANY ($1::uuid[]) AND job = $2 AND retry_at > now()',
      [messageIds, planning],
    );
    return new Set(rows.map((row) => row.message_id));
  }

  /** Finds the latest fault of each lane that has one, by application. Nobody's permission is asked here. */
  async ofLanes(applicationIds: readonly number[]): Promise<Map<number, LaneFault[]>> {
    const rows = await this.dataSource.query<(LaneFault & { applicationId: number })[]>(
      `SELECT DISTINCT ON (application_id, lane) application_id AS "applicationId", lane AS gateway, reason,
         failed_at AS "failedAt"
       FROM (${failingStatement}) AS failing, unnest(CASE WHEN gateway IS NULL THEN enum_range(NULL::gateway) ELSE ARRAY[gateway] END) AS lane
       WHERE application_id = ANY ($1::int[]) ORDER BY application_id, lane, failed_at DESC`,
      [applicationIds],
    );
    return new Map(
      applicationIds.map((id) => [id, rows.filter(({ applicationId }) => applicationId === id)]),
    );
  }

  /** @param connection is asked, for who wants to know whether the server can serve while all others are in use */
  async failing(connection: Pick<SpareConnection, 'query'>): Promise<FailingJobs> {
    const [row] = await connection.query<[FailingJobs]>(
      `SELECT count(*)::int AS total, min(failed_at) AS since FROM (${failingStatement}) AS failing`,
    );
    return row;
  }

  private async forget(messageId: string, job: string): Promise<void> {
    await this.dataSource.query('DELETE FROM faults WHERE message_id = $1 AND job = $2', [
      messageId,
      job,
    ]);
  }

  private tell(what: string, which: string, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    this.log.error(`${what} by a fault of ours: ${reasonOf(error)}`, `${which}: ${stack}`);
  }
}

const jobOf = ({ gateway, number }: ClaimedChunk) => `${gateway} ${number}`;

/** Tells whether an error, or what an error of ours was caused by, is that the database was away. */
function isAbsence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return isAway(error) || (error.cause instanceof Error && isAway(error.cause));
}

const reasonOf = (error: unknown) => String(error).slice(0, longestReason);

const failingStatement = `
  SELECT application_id, faults.gateway, reason, failed_at
  FROM faults JOIN messages ON messages.id = message_id
  WHERE messages.state = 'running' AND job <> '${planning}' OR messages.state = '${planning}' AND job = '${planning}'`;

/** Notes a fault of message $1, job $2, gateway $3, reason $4. It is tried again after 5 seconds, and up to 5 minutes later. */
const noteStatement = `
  INSERT INTO faults AS fault (message_id, job, gateway, reason, retry_at)
  VALUES ($1, $2, $3, $4, now() + interval '5 seconds')
  ON CONFLICT (message_id, job) DO UPDATE SET reason = excluded.reason, failed_at = now(),
    failures = fault.failures + 1,
    retry_at = now() + least(interval '5 minutes', interval '5 seconds' * 2 ^ least(fault.failures, 10))`;

const failedPassStatement = `
  WITH noted AS (${noteStatement} RETURNING retry_at
  ), lane AS (
    ${useLane('SELECT application_id, $3::gateway FROM messages WHERE id = $1')}
  ), explained AS (
    UPDATE deliveries SET reason = $9
    WHERE message_id = $1 AND gateway = $3::gateway AND seq >= $7 AND seq < $8 AND state = 'pending'
      AND reason IS DISTINCT FROM $9
  )
  UPDATE chunks SET owner = NULL, state = 'waiting', wake_at = noted.retry_at, in_doubt = in_doubt OR $10
  FROM noted
  WHERE message_id = $1 AND gateway = $3::gateway AND number = $5 AND owner = $6`;

/** Gives chunk $1, $2, $3 of owner $4 back, which the database's absence kept from its work. */
const interruptedPassStatement = `
  UPDATE chunks SET owner = NULL, state = 'waiting', wake_at = now() + interval '1 second', in_doubt = in_doubt OR $5
  WHERE message_id = $1 AND gateway = $2 AND number = $3 AND owner = $4`;
