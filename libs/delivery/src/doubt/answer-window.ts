import type { Gateway } from '@app/core';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type Counted, LaneTally, windowMinutes } from './lane-tally';
import { namesOf } from './sketch';

/** A lane with the credentials that it uses. */
export interface LaneKey {
  readonly applicationId: number;
  readonly gateway: Gateway;
  /** The version of the credentials, which a breaker accuses. */
  readonly version: string;
  /** Their realm, within which one answer tells of the next: a renewed key leaves it as it is. */
  readonly realm: string;
}

/** The answers of a gateway to a lane within the last minutes, in all processes. */
export interface LaneWindow {
  /** How many different users' devices got an answer that one device's fault and one of ours share. */
  readonly doubtfulUsers: number;
  /** How many different devices had a delivery accepted. */
  readonly acceptedDevices: number;
  /** How many deliveries were refused because the token is dead for certain. */
  readonly dead: number;
  /** The first acceptance in this realm, as far as is remembered. */
  readonly firstAcceptedAt: Date | null;
  readonly lastAcceptedAt: Date | null;
  /** Whether the breaker accuses these credentials. */
  readonly isOpen: boolean;
}

const storeEveryMs = 1_000;

/**
 * Counts the gateways' answers by lane and minute of the database's clock. A process stores what it counted for all
 * lanes in one statement a second, so no send waits for a row.
 */
@Injectable()
export class AnswerWindow implements BeforeApplicationShutdown {
  private readonly logger = new Logger(AnswerWindow.name);
  private readonly tallies = new Map<string, LaneTally>();
  private timer: NodeJS.Timeout | undefined;
  private storing: Promise<void> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  tallyOf({ applicationId, gateway, realm }: LaneKey): LaneTally {
    const key = `${applicationId} ${gateway}`;
    const present = this.tallies.get(key);
    if (present?.realm === realm) return present;
    const tally = new LaneTally(realm, () => {
      this.timer ??= setTimeout(() => void this.store(), storeEveryMs);
    });
    this.tallies.set(key, tally);
    return tally;
  }

  /** Stores what this process counted. A minute that can't be stored is missing: then there is more doubt, not less. */
  store(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.storing = this.storing.then(() => this.write());
    return this.storing;
  }

  /** Returns the windows of several lanes, in their order. */
  async of(lanes: readonly LaneKey[]): Promise<LaneWindow[]> {
    const rows = await this.dataSource.query<WindowRow[]>(windowStatement, [
      lanes.map(({ applicationId }) => applicationId),
      lanes.map(({ gateway }) => gateway),
      lanes.map(({ version }) => version),
      lanes.map(({ realm }) => realm),
    ]);
    return rows.map((row) => ({
      doubtfulUsers: Math.min(row.doubtful, namesOf(row.doubtful_users)),
      acceptedDevices: Math.min(row.accepted, namesOf(row.accepted_devices)),
      dead: row.dead,
      firstAcceptedAt: row.first_accepted_at,
      lastAcceptedAt: row.last_accepted_at,
      isOpen: row.is_open,
    }));
  }

  /** Clears a lane's window after a verdict about the lane: what comes after is judged by itself. */
  async forget({ applicationId, gateway }: LaneKey): Promise<void> {
    await this.dataSource.query(
      `UPDATE lane_answers SET doubtful = 0, doubtful_users = 0::bit(256), dead = 0
       WHERE application_id = $1 AND gateway = $2`,
      [applicationId, gateway],
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.store();
  }

  private async write(): Promise<void> {
    const counts: { key: string; realm: string; counted: Counted }[] = [];
    for (const [key, tally] of this.tallies) {
      const counted = tally.take();
      if (counted !== undefined) counts.push({ key, realm: tally.realm, counted });
    }
    if (counts.length === 0) return;
    try {
      await this.dataSource.query(countStatement, [
        counts.map(({ key }) => key.split(' ')[0]),
        counts.map(({ key }) => key.split(' ')[1]),
        counts.map(({ realm }) => realm),
        counts.map(({ counted }) => counted.accepted),
        counts.map(({ counted }) => String(counted.acceptedDevices)),
        counts.map(({ counted }) => counted.doubtful),
        counts.map(({ counted }) => String(counted.doubtfulUsers)),
        counts.map(({ counted }) => counted.dead),
      ]);
    } catch (error) {
      this.logger.warn(`Answers to ${counts.length} lanes not counted: ${String(error)}`);
    }
  }
}

interface WindowRow {
  readonly accepted: number;
  readonly accepted_devices: number;
  readonly doubtful: number;
  readonly doubtful_users: number;
  readonly dead: number;
  readonly first_accepted_at: Date | null;
  readonly last_accepted_at: Date | null;
  readonly is_open: boolean;
}

const inWindow = `FILTER (WHERE minute > now() - interval '${windowMinutes} minutes')`;

const windowStatement = `
  SELECT coalesce(sum(accepted) ${inWindow}, 0)::int AS accepted,
    coalesce(bit_count(bit_or(accepted_devices) ${inWindow}), 0)::int AS accepted_devices,
    coalesce(sum(doubtful) ${inWindow}, 0)::int AS doubtful,
    coalesce(bit_count(bit_or(doubtful_users) ${inWindow}), 0)::int AS doubtful_users,
    coalesce(sum(dead) ${inWindow}, 0)::int AS dead,
    min(first_accepted_at) AS first_accepted_at, max(last_accepted_at) AS last_accepted_at,
    EXISTS (SELECT FROM lanes
      WHERE lanes.application_id = lane.application_id AND lanes.gateway = lane.gateway AND open_version = lane.version)
      AS is_open
  FROM unnest($1::int[], $2::gateway[], $3::uuid[], $4::text[]) WITH ORDINALITY
      AS lane (application_id, gateway, version, realm, place)
    LEFT JOIN lane_answers USING (application_id, gateway, realm)
  GROUP BY place, lane.application_id, lane.gateway, lane.version ORDER BY place`;

const sameMinute = '(lane_answers.realm, lane_answers.minute) = (excluded.realm, excluded.minute)';

/** Counts the lanes in one order, so that two processes do not wait for each other. */
const countStatement = `
  INSERT INTO lane_answers (application_id, gateway, slot, realm, minute, first_accepted_at, last_accepted_at,
    accepted, accepted_devices, doubtful, doubtful_users, dead)
  SELECT application_id, gateway, floor(extract(epoch FROM now()) / 60)::bigint % ${windowMinutes}, realm,
    date_trunc('minute', now()), CASE WHEN accepted > 0 THEN now() END, CASE WHEN accepted > 0 THEN now() END,
    accepted, accepted_devices::bit(256), doubtful, doubtful_users::bit(256), dead
  FROM unnest($1::int[], $2::gateway[], $3::text[], $4::int[], $5::text[], $6::int[], $7::text[], $8::int[])
    AS counted (application_id, gateway, realm, accepted, accepted_devices, doubtful, doubtful_users, dead)
  WHERE application_id IN (SELECT id FROM applications)
  ORDER BY application_id, gateway
  ON CONFLICT (application_id, gateway, slot) DO UPDATE SET
    realm = excluded.realm, minute = excluded.minute,
    first_accepted_at = CASE WHEN lane_answers.realm = excluded.realm
      THEN least(lane_answers.first_accepted_at, excluded.first_accepted_at) ELSE excluded.first_accepted_at END,
    last_accepted_at = CASE WHEN lane_answers.realm = excluded.realm
      THEN greatest(lane_answers.last_accepted_at, excluded.last_accepted_at) ELSE excluded.last_accepted_at END,
    accepted = excluded.accepted + CASE WHEN ${sameMinute} THEN lane_answers.accepted ELSE 0 END,
    accepted_devices = excluded.accepted_devices
      | CASE WHEN ${sameMinute} THEN lane_answers.accepted_devices ELSE 0::bit(256) END,
    doubtful = excluded.doubtful + CASE WHEN ${sameMinute} THEN lane_answers.doubtful ELSE 0 END,
    doubtful_users = excluded.doubtful_users
      | CASE WHEN ${sameMinute} THEN lane_answers.doubtful_users ELSE 0::bit(256) END,
    dead = excluded.dead + CASE WHEN ${sameMinute} THEN lane_answers.dead ELSE 0 END`;
