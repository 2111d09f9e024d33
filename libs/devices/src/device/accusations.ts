import { reachTable } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/**
 * The weight of an answer against its device:
 * `dead` retires it, unless it registered after `invalidSince`: then it is as with `suspected`.
 * `suspected` makes it suspect, and retires it as the second such answer.
 * `noted` makes it suspect, and never more.
 */
export type Weight = 'dead' | 'suspected' | 'noted';

/** A gateway's word against a token. */
export interface Accusation {
  readonly deviceId: string;
  /** The token that was sent to; the device may have another by now. */
  readonly token: string;
  readonly reason: string;
  /** When the token was read, by the database's clock: a later registration wins. */
  readonly readAt: Date;
  /** Since when the gateway knows the token to be dead, where it says so. */
  readonly invalidSince?: Date | undefined;
  readonly weight: Weight;
}

/** The credentials that speak against tokens, and what tells how far they are to be believed. */
export interface Accuser {
  /** Their realm: the app as the gateway knows it. */
  readonly realm: string;
  /** The first accepted delivery of theirs that is remembered, and the last; null without any. */
  readonly firstAcceptedAt: Date | null;
  readonly lastAcceptedAt: Date | null;
}

/** A device that is suspect now. */
export interface Suspicion {
  readonly deviceId: string;
  readonly since: Date;
  readonly reason: string;
}

/** The least time between the answer that makes a device suspect and the one that retires it: one disturbance is not both. */
const secondAfter = '1 hour';

/** Decides what becomes of devices whose token a gateway speaks against. */
@Injectable()
export class Accusations {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Retires devices, or makes them suspect. Those that have another token, or registered since the token was read, stay
   * as they are. A second answer counts an hour after the first, if credentials of the same realm had deliveries accepted
   * before the first and between the two.
   * @param manager runs the transaction that stores the deliveries' outcomes
   */
  async hear(
    manager: EntityManager,
    { realm, firstAcceptedAt, lastAcceptedAt }: Accuser,
    accusations: readonly Accusation[],
  ): Promise<void> {
    await manager.query(hearStatement, [
      accusations.map(({ deviceId }) => deviceId),
      accusations.map(({ token }) => token),
      accusations.map(({ reason }) => reason),
      accusations.map(({ readAt }) => readAt),
      accusations.map(({ invalidSince }) => invalidSince ?? null),
      accusations.map(({ weight }) => weight),
      realm,
      firstAcceptedAt,
      lastAcceptedAt,
    ]);
  }

  /** Clears devices that became suspect of late with an application's credentials: it was not their fault. */
  async drop(applicationId: number, realm: string, withinMinutes: number): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM suspects WHERE device_id IN (
         SELECT device_id FROM suspects JOIN devices ON devices.id = device_id
         WHERE application_id = $1 AND realm = $2 AND since > now() - make_interval(mins => $3)
         ORDER BY device_id FOR UPDATE OF suspects)`,
      [applicationId, realm, withinMinutes],
    );
  }

  /** Picks the devices that are suspect. */
  async suspicionsOf(deviceIds: readonly string[]): Promise<Suspicion[]> {
    return this.dataSource.query<Suspicion[]>(
      `SELECT device_id AS "deviceId", since, reason FROM suspects JOIN devices ON devices.id = device_id
         JOIN ${reachTable} USING (platform) JOIN gateway_credentials USING (application_id, gateway, realm)
       WHERE device_id = ANY ($1::bigint[]) AND retired_at IS NULL AND since >= registered_at`,
      [deviceIds],
    );
  }
}

/** Stores accusations. Devices are locked by id, as everywhere: two that lock the same must not lock each other out. */
const hearStatement = `
  WITH accused AS (
    SELECT devices.id, registered_at, accused.reason, invalid_since, weight
    FROM devices JOIN unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[])
      AS accused (id, token, reason, read_at, invalid_since, weight)
      ON devices.id = accused.id AND devices.token = accused.token
    WHERE registered_at <= read_at AND retired_at IS NULL
    ORDER BY devices.id FOR UPDATE OF devices
  ), condemned AS (
    SELECT accused.id, accused.reason
    FROM accused LEFT JOIN suspects ON device_id = accused.id AND realm = $7 AND since >= registered_at
    WHERE weight = 'dead' AND (invalid_since IS NULL OR registered_at <= invalid_since)
      OR weight <> 'noted' AND since <= now() - interval '${secondAfter}'
        AND since > $8::timestamptz AND since < $9::timestamptz
  ), retired AS (
    UPDATE devices SET retired_at = now(), retired_reason = condemned.reason
    FROM condemned WHERE devices.id = condemned.id
  ), forgotten AS (
    DELETE FROM suspects USING condemned WHERE device_id = condemned.id
  )
  INSERT INTO suspects (device_id, realm, reason)
  SELECT id, $7, reason FROM accused WHERE id NOT IN (SELECT id FROM condemned) ORDER BY id
  ON CONFLICT (device_id) DO UPDATE SET realm = excluded.realm, reason = excluded.reason,
    since = CASE WHEN suspects.realm = excluded.realm
        AND suspects.since >= (SELECT registered_at FROM devices WHERE id = suspects.device_id)
      THEN suspects.since ELSE excluded.since END`;
