import { type Actor, type Gateway, preparedQuery, Rows } from '@app/core';
import { gatewayKinds } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DeliveryIds } from '../messages/delivery-id';
import type { MessagePriority, MessageState } from '../messages/message.entity';
import { Lane } from './lane.entity';
import { paceOf, useLane } from './lane.statements';

export interface LeaseRequest {
  readonly applicationId: number;
  readonly gateway: Gateway;
  readonly priority: MessagePriority;
  /** The campaign that must run; undefined for notifications, which are not paused. */
  readonly messageId?: string | undefined;
  /** The version of the credentials in use. */
  readonly version: string;
  /** The limit as the caller knows it, in messages per second; 0 is unlimited. The lease tells when it has changed. */
  readonly perSecond: number;
  /** How many deliveries wait. */
  readonly wanted: number;
}

export type Lease =
  /**
   * Allows `permits` deliveries after `waitMs`, unless the lease falls by then. `probe`: the breaker is open, and this
   * one tries whether it may close.
   */
  | {
      readonly kind: 'granted';
      readonly permits: number;
      readonly waitMs: number;
      readonly probe: boolean;
      /** The limit that holds now. */
      readonly perSecond: number;
    }
  /** Forbids sending before `retryAt`. */
  | { readonly kind: 'refused'; readonly retryAt: Date }
  /** The message was paused or cancelled. */
  | { readonly kind: 'stopped' };

/** A lane with its pace in messages per second; 0 is unlimited. */
export type PacedLane = Lane & { readonly perSecond: number };

/** The delivery whose answer opened a breaker. */
export interface Witness {
  readonly messageId: string;
  readonly deviceId: string;
}

/** The deliveries per lease of an unlimited lane: between two leases a worker sees no pause, breaker or limit. */
const unlimitedLease = 250;

/** The time that a lease covers: short, so that several workers share a lane smoothly and bursts stay short. */
const leaseSeconds = 0.1;

/** How far a transactional message may run ahead of the lane's rate; campaigns wait it off. */
const transactionalAdvance = '1 second';

const probeInterval = '60 seconds';

/**
 * Keeps what all workers share about a lane, in the database, by the database's clock. The rate is a GCRA: one row
 * holds when the next permit falls due, and a lease moves it on. Unused time is not saved up, so an idle lane does not
 * burst.
 */
@Injectable()
export class Lanes {
  constructor(private readonly dataSource: DataSource) {}

  async lease(request: LeaseRequest): Promise<Lease> {
    const { perSecond } = request;
    const permits = Math.min(
      request.wanted,
      perSecond === 0 ? unlimitedLease : Math.max(1, Math.round(perSecond * leaseSeconds)),
    );
    // An unlimited lane has nothing to write down, unless its breaker lets one delivery try.
    let row = perSecond === 0 ? await this.look(request) : await this.take(request, permits);
    if (perSecond === 0 && row?.probe === true) row = await this.take(request, permits);
    if (row === undefined) {
      const lane = [request.applicationId, request.gateway];
      await this.dataSource.query(useLane('VALUES ($1, $2)'), lane);
      return this.lease(request);
    }
    if (row.message_state !== 'running') return { kind: 'stopped' };
    if (row.retry_at !== null) return { kind: 'refused', retryAt: row.retry_at };
    if (row.per_second !== perSecond) return this.lease({ ...request, perSecond: row.per_second });
    return row.probe
      ? { kind: 'granted', permits: 1, waitMs: 0, probe: true, perSecond }
      : { kind: 'granted', permits, waitMs: row.wait_ms, probe: false, perSecond };
  }

  /**
   * Tells whether a lease whose permits have not fallen due still stands. It falls with its message, its lane or its
   * limit: permits of the lane are then given anew, and nobody's are kept.
   */
  async stands(request: LeaseRequest): Promise<boolean> {
    const row = await this.look(request);
    return (
      row?.message_state === 'running' &&
      row.retry_at === null &&
      !row.probe &&
      row.per_second === request.perSecond
    );
  }

  private async look(request: LeaseRequest): Promise<LeaseRow | undefined> {
    const { applicationId, gateway, version, messageId } = request;
    const { manager } = this.dataSource;
    const parameters = [applicationId, gateway, version, messageId ?? null];
    return (await preparedQuery<LeaseRow>(manager, lookStatement, parameters))[0];
  }

  private async take(request: LeaseRequest, permits: number): Promise<LeaseRow | undefined> {
    const [row] = await preparedQuery<LeaseRow>(this.dataSource.manager, takeStatement, [
      request.applicationId,
      request.gateway,
      request.version,
      request.messageId ?? null,
      request.perSecond === 0 ? 0 : permits / request.perSecond,
      request.priority === 'transactional',
      request.perSecond,
    ]);
    return row;
  }

  /**
   * Pauses a lane whose gateway asked us to wait, or can't be reached. Pauses in a row grow, unless the gateway named a
   * longer time; the passes that meet the same trouble at once count as one pause.
   * @returns when to try again
   */
  async pause(
    applicationId: number,
    gateway: Gateway,
    reason: string,
    atLeastMs: number,
  ): Promise<Date> {
    const [rows] = await this.dataSource.query<[{ paused_until: Date }[], number]>(
      `UPDATE lanes SET
         pauses = CASE WHEN paused_until > clock_timestamp() THEN pauses ELSE least(pauses + 1, 6) END,
         pause_reason = $4, next_at = least(next_at, clock_timestamp()),
         paused_until = greatest(paused_until, clock_timestamp()
           + make_interval(secs => greatest($3::float8 / 1000,
             CASE WHEN paused_until > clock_timestamp() THEN 0 ELSE 2 ^ least(pauses, 6) * (0.5 + random() / 2) END)))
       WHERE application_id = $1 AND gateway = $2 RETURNING paused_until`,
      [applicationId, gateway, atLeastMs, reason],
    );
    return rows[0]?.paused_until ?? new Date(0);
  }

  /**
   * Opens the breaker against these credentials: nothing more is sent with them, messages stay.
   * @param witness the delivery whose answer opened it
   * @param share the share of the usual time after which the next probe may try
   */
  async open(
    applicationId: number,
    gateway: Gateway,
    version: string,
    reason: string,
    witness?: Witness,
    share = 1,
  ): Promise<Date> {
    const [rows] = await this.dataSource.query<[{ probe_at: Date }[], number]>(
      `UPDATE lanes SET
         opened_at = CASE WHEN open_version = $3 THEN opened_at ELSE clock_timestamp() END,
         next_at = least(next_at, clock_timestamp()), open_version = $3, open_reason = $4,
         open_message_id = $6, open_device_id = $7, probe_at = clock_timestamp() + $5::interval * $8::float8
       WHERE application_id = $1 AND gateway = $2 RETURNING probe_at`,
      [
        applicationId,
        gateway,
        version,
        reason,
        probeInterval,
        witness?.messageId ?? null,
        witness?.deviceId ?? null,
        share,
      ],
    );
    return rows[0]?.probe_at ?? new Date(0);
  }

  /** Lets another delivery try at once: the probe did not reach the gateway. */
  async returnProbe(applicationId: number, gateway: Gateway, version: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [, returned] = await manager.query<[unknown, number]>(
        `UPDATE lanes SET probe_at = clock_timestamp()
         WHERE application_id = $1 AND gateway = $2 AND open_version = $3`,
        [applicationId, gateway, version],
      );
      if (returned === 1) await manager.query(wakeWaitingStatement, [[applicationId], [gateway]]);
    });
  }

  /**
   * Notes that a delivery was accepted with these credentials: they are right, and the gateway is well. Closes the
   * breaker, and wakes the chunks that waited for its next probe.
   */
  async prove(applicationId: number, gateway: Gateway, version: string): Promise<void> {
    const open = await this.dataSource.query<unknown[]>(proveStatement, [
      applicationId,
      gateway,
      version,
    ]);
    if (open.length === 0) return;
    await this.close('application_id = $1 AND gateway = $2', [applicationId, gateway]);
  }

  /**
   * Closes each breaker whose credentials were replaced or removed since, and wakes the chunks that waited for its next
   * probe.
   */
  async closeOutdated(): Promise<void> {
    await this.close(outdated, []);
  }

  /**
   * Closes breakers by two statements: the second sees chunks that were released while the first waited for the lane,
   * for whoever releases one until the lane may send holds the lane.
   */
  private async close(which: string, parameters: unknown[]): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [closed] = await manager.query<[LaneRow[], number]>(
        `UPDATE lanes SET open_version = NULL, open_reason = NULL, opened_at = NULL, probe_at = NULL,
           open_message_id = NULL, open_device_id = NULL
         WHERE open_version IS NOT NULL AND ${which} RETURNING application_id, gateway`,
        parameters,
      );
      if (closed.length === 0) return;
      await manager.query(wakeWaitingStatement, [
        closed.map(({ application_id }) => application_id),
        closed.map(({ gateway }) => gateway),
      ]);
    });
  }

  /** Returns the id of the delivery whose answer opened the breaker. */
  witnessOf({
    openMessageId,
    openDeviceId,
  }: Lane): { readonly deliveryId: string; readonly deviceId: string } | undefined {
    if (openMessageId === null || openDeviceId === null) return undefined;
    return {
      deliveryId: new DeliveryIds(openMessageId).of(openDeviceId),
      deviceId: openDeviceId,
    };
  }

  /** Returns the pace of a lane in messages per second, as it was a moment ago; 0 is unlimited. */
  async perSecond(applicationId: number, gateway: Gateway): Promise<number> {
    const [limit] = await preparedQuery<{ per_second: number }>(
      this.dataSource.manager,
      'SELECT per_second FROM lane_limits WHERE application_id = $1 AND gateway = $2',
      [applicationId, gateway],
    );
    return limit?.per_second ?? gatewayKinds[gateway].perSecond;
  }

  /** Lists used lanes by application, APNs first: of one, or of all that the actor reaches. @throws ForbiddenError */
  async list(actor: Actor, applicationId?: number): Promise<PacedLane[]> {
    return this.used(actor.reach('applications:read', applicationId));
  }

  /** Lists used lanes by application, APNs first: of these, or of all. Nobody's permission is asked here. */
  async used(applicationIds?: readonly number[]): Promise<PacedLane[]> {
    const rows = await preparedQuery<Pick<PacedLane, 'perSecond'>>(
      this.dataSource.manager,
      usedStatement,
      [applicationIds ?? null],
    );
    return rows.map((row) => Object.assign(lanes.read(row), { perSecond: row.perSecond }));
  }
}

interface LaneRow {
  readonly application_id: number;
  readonly gateway: Gateway;
}

interface LeaseRow {
  readonly message_state: MessageState;
  readonly retry_at: Date | null;
  readonly probe: boolean;
  readonly per_second: number;
  readonly wait_ms: number;
}

/** The limit of lane $1, $2. */
const limit = '(SELECT per_second FROM lane_limits WHERE application_id = $1 AND gateway = $2)';

/** Reads what a lease must know of lane $1, $2 with credentials $3 and of message $4, where there is one. */
const stateQuery = (lock: string) => `
  SELECT application_id, gateway, at, per_second, next_at,
    CASE WHEN $4::uuid IS NULL THEN 'running' ELSE (SELECT state FROM messages WHERE id = $4) END AS message_state,
    is_open AND probe_at <= at AND paused_until <= at AS probe,
    CASE WHEN paused_until > at THEN paused_until WHEN is_open AND probe_at > at THEN probe_at END AS retry_at
  FROM (
    SELECT application_id, gateway, next_at, paused_until, probe_at, ${paceOf('gateway', limit)} AS per_second,
      coalesce(open_version = $3::uuid, false) AS is_open, clock_timestamp() AS at
    FROM lanes WHERE application_id = $1 AND gateway = $2 ${lock}
  ) AS lane`;

const lookStatement = `
  SELECT message_state, retry_at, probe, per_second, 0 AS wait_ms FROM (${stateQuery('')}) AS state`;

/** Takes a lease. $5 is the number of seconds of the lane's rate that it takes, $7 the limit by which that was reckoned. */
const takeStatement = `
  UPDATE lanes SET
    next_at = CASE WHEN state.retry_at IS NULL AND NOT state.probe AND state.message_state = 'running'
      AND state.per_second = $7
      THEN greatest(state.next_at, state.at) + make_interval(secs => $5::float8) ELSE state.next_at END,
    probe_at = CASE WHEN state.probe AND state.message_state = 'running' AND state.per_second = $7
      THEN state.at + '${probeInterval}'::interval ELSE lanes.probe_at END
  FROM (${stateQuery('FOR UPDATE')}) AS state
  WHERE lanes.application_id = state.application_id AND lanes.gateway = state.gateway
  RETURNING state.message_state, state.retry_at, state.probe, state.per_second,
    CASE WHEN $5::float8 = 0 THEN 0 ELSE greatest(0, extract(epoch FROM
      greatest(state.next_at, state.at) - CASE WHEN $6::boolean THEN '${transactionalAdvance}'::interval ELSE '0' END - state.at) * 1000)::float8
    END AS wait_ms`;

const lanes = Rows.of(Lane, 'lane');

const usedStatement = `
  SELECT ${lanes.select}, ${paceOf('gateway', 'per_second')} AS "perSecond"
  FROM lanes AS lane LEFT JOIN lane_limits USING (application_id, gateway)
  WHERE $1::int[] IS NULL OR application_id = ANY ($1) ORDER BY application_id, gateway`;

/** Wakes the chunks that wait for lanes. */
const wakeWaitingStatement = `
  UPDATE chunks SET wake_at = now()
  FROM unnest($1::int[], $2::gateway[]) AS lane (application_id, gateway) JOIN messages USING (application_id)
  WHERE chunks.message_id = messages.id AND chunks.gateway = lane.gateway AND chunks.state = 'waiting'
    AND messages.state IN ('running', 'paused')`;

/** Notes accepted credentials. It returns a row if the breaker is open. */
const proveStatement = `
  WITH proven AS (
    UPDATE lanes SET proven_version = $3, pauses = 0
    WHERE application_id = $1 AND gateway = $2 AND (proven_version IS DISTINCT FROM $3 OR pauses > 0)
  )
  SELECT FROM lanes WHERE application_id = $1 AND gateway = $2 AND open_version IS NOT NULL`;

const outdated = `open_version IS DISTINCT FROM (
  SELECT version FROM gateway_credentials AS credential
  WHERE credential.application_id = lanes.application_id AND credential.gateway = lanes.gateway)`;
