import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseClock } from '@app/core';
import { InvalidMessageError, type PreparedMessage } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ChunkRef, Chunks, type ClaimedChunk, type Rest } from '../chunks/chunks';
import { Faults } from '../chunks/faults';
import { Doubt } from '../doubt/doubt';
import { Lanes, type LeaseRequest } from '../lanes/lanes';
import { DeliveryIds } from '../messages/delivery-id';
import { Message } from '../messages/message.entity';
import { Messages } from '../messages/messages';
import { FollowUp } from './follow-up';
import { type GatewayConnection, GatewayConnections } from './gateway-connections';
import { Pass, type PendingDelivery } from './pass';
import { OutcomesLostError, Recorder } from './recorder';
import { lifetimeMs } from './retry';

const none: Rest = { ms: 0 };

/** How often a lease is checked while permits fall due, or deliveries wait for the gateway. */
const lookAgainMs = 500;

/** How long a pass may send before others get their turn: a slow lane must not keep a worker for itself. */
const turnMs = 5_000;

type SendableDelivery = PendingDelivery & { readonly token: string };

/** The way of a message to a gateway. */
interface Route {
  readonly connection: GatewayConnection;
  readonly prepared: PreparedMessage;
  /** The lane's limit when the pass began; 0 is unlimited. */
  readonly perSecond: number;
  /** The moment, by the database's clock, at which the message has expired. */
  readonly deadline: Date;
}

/** Takes chunks, sends their deliveries at the lane's pace, and leaves each either final or due again. */
@Injectable()
export class Dispatcher {
  private readonly stopping = new AbortController();

  constructor(
    private readonly dataSource: DataSource,
    private readonly chunks: Chunks,
    private readonly messages: Messages,
    private readonly connections: GatewayConnections,
    private readonly lanes: Lanes,
    private readonly doubt: Doubt,
    private readonly recorder: Recorder,
    private readonly followUp: FollowUp,
    private readonly faults: Faults,
    private readonly clock: DatabaseClock,
  ) {}

  /** Makes one pass over a chunk. Another's chunk, a finished one or one of a paused message is no error and no work. */
  async dispatch(ref: ChunkRef): Promise<void> {
    const chunk = await this.chunks.claim(ref);
    if (chunk === undefined) return;
    try {
      const rest = await this.work(chunk);
      await this.chunks.release(chunk, rest);
      if (chunk.faulted) await this.faults.passed(chunk);
    } catch (error) {
      // Should even this fail, the claim lapses.
      this.chunks.forget(chunk);
      await this.faults.ofPass(chunk, error, error instanceof OutcomesLostError);
    }
    this.followUp.start(ref.messageId);
  }

  /** Ends the passes under way early; deliveries not yet sent stay pending. */
  stop(): void {
    this.stopping.abort();
  }

  /** @returns how long the chunk need not be looked at again */
  private async work(chunk: ClaimedChunk): Promise<Rest> {
    if (chunk.inDoubt) await this.chunks.placeDoubt(chunk);
    const [message, pending] = await Promise.all([
      this.messages.get(chunk.messageId),
      this.pending(chunk),
    ]);
    const [first] = pending;
    if (first === undefined) return none;
    this.clock.observe(first.readAt);
    const recorder = this.recorder.start(chunk);
    const finishAll = async (state: 'failed' | 'skipped' | 'expired', reason: string) => {
      for (const { seq } of pending) recorder.add({ seq, state, reason });
      await recorder.flush();
    };

    const { deadline, reason } = deadlineOf(message);
    if (deadline <= first.readAt) {
      await finishAll('expired', reason);
      return none;
    }
    const [connection, perSecond] = await Promise.all([
      this.connections.of(message.applicationId, chunk.gateway),
      this.lanes.perSecond(message.applicationId, chunk.gateway),
    ]);
    if (connection === undefined) {
      await finishAll('skipped', 'GATEWAY_NOT_CONFIGURED');
      return none;
    }
    let prepared: PreparedMessage;
    try {
      prepared = connection.gateway.prepare(message.content);
    } catch (error) {
      if (!(error instanceof InvalidMessageError)) throw error;
      await finishAll('failed', error.code);
      return none;
    }
    return this.send(chunk, message, pending, { connection, prepared, perSecond, deadline });
  }

  /** Sends at the lane's pace. @returns how long the chunk need not be looked at again */
  private async send(
    chunk: ClaimedChunk,
    message: Message,
    pending: readonly PendingDelivery[],
    route: Route,
  ): Promise<Rest> {
    const { messageId, gateway, priority } = chunk;
    const { connection, deadline } = route;
    let { perSecond } = route;
    const lane = {
      applicationId: message.applicationId,
      gateway,
      version: connection.version,
    };
    const recorder = this.recorder.start(chunk);
    const pass = new Pass(lane, recorder, this.lanes, this.doubt);
    const turnEndsAt = performance.now() + turnMs;
    const goesOn = () =>
      !this.stopping.signal.aborted &&
      !pass.isHalted() &&
      !recorder.isFailing &&
      this.chunks.isHeld(chunk) &&
      this.clock.now() < deadline;
    const hasTurn = () => performance.now() < turnEndsAt;

    let isRefused = false;
    try {
      // Before any permit is taken: the breaker's probe, above all, is for a delivery that is sent.
      const sendable = pending.filter((delivery) => isSendable(delivery, pass));
      for (let next = 0; next < sendable.length && goesOn() && hasTurn();) {
        const wanted = sendable.length - next;
        const request = { ...lane, priority, messageId, perSecond, wanted };
        const lease = await this.lanes.lease(request);
        isRefused = lease.kind === 'refused';
        if (lease.kind !== 'granted') break;
        perSecond = lease.perSecond;
        if (lease.waitMs > 1 && !(await this.waitFor(lease.waitMs, { ...request, perSecond }))) {
          continue;
        }
        pass.probing = lease.probe;
        const leased = sendable.slice(next, next + lease.permits);
        next += await sendLeased(leased, chunk, route, pass, goesOn);
        if (lease.probe) {
          await pass.settled();
          if (!pass.hasReachedGateway) {
            await this.lanes.returnProbe(lane.applicationId, gateway, lane.version);
          }
        }
      }
    } catch (error) {
      // What is under way has its outcome stored all the same, before another pass may take the chunk.
      await pass.end().catch(() => undefined);
      throw error;
    }
    await pass.end();
    return isRefused || pass.isHalted() ? { laneWith: lane.version } : none;
  }

  /** Waits for permits. @returns whether the lease still stands then; a long wait may be overtaken, or by our own end */
  private async waitFor(waitMs: number, request: LeaseRequest): Promise<boolean> {
    const until = performance.now() + waitMs;
    for (let leftMs = waitMs; leftMs > 0; leftMs = until - performance.now()) {
      try {
        await sleep(Math.min(leftMs, lookAgainMs), undefined, { signal: this.stopping.signal });
      } catch {
        return false;
      }
      if (waitMs > lookAgainMs && !(await this.lanes.stands(request))) return false;
    }
    return true;
  }

  private async pending(chunk: ClaimedChunk): Promise<PendingDelivery[]> {
    return this.dataSource.query<PendingDelivery[]>(
      `SELECT seq, device_id AS "deviceId", attempts, reason, token, retired_at IS NOT NULL AS retired, now() AS "readAt"
       FROM deliveries LEFT JOIN devices ON devices.id = device_id
       WHERE message_id = $1 AND gateway = $2 AND seq >= $3 AND seq < $4 AND state = 'pending'
         AND (retry_at IS NULL OR retry_at <= now())
       ORDER BY seq`,
      [chunk.messageId, chunk.gateway, chunk.firstSeq, chunk.firstSeq + chunk.size],
    );
  }
}

/**
 * Passes deliveries to the gateway without waiting for its answers, while the pass goes on and the lease is fresh.
 * @returns how many it passed on
 */
async function sendLeased(
  deliveries: readonly SendableDelivery[],
  { messageId, priority }: ClaimedChunk,
  { connection, prepared }: Route,
  pass: Pass,
  goesOn: () => boolean,
): Promise<number> {
  const freshUntil = performance.now() + lookAgainMs;
  const ids = new DeliveryIds(messageId);
  // A transactional message waits for no slot.
  const slots = priority === 'campaign' ? connection.slots : undefined;
  const freeSlot = () => slots?.free();
  let given = 0;
  for (const delivery of deliveries) {
    if (!goesOn()) break;
    const { token, deviceId } = delivery;
    const slot = slots?.take();
    if (slot !== undefined) {
      await slot;
      if (!goesOn() || performance.now() > freshUntil) {
        freeSlot();
        break;
      }
    }
    pass.track(delivery, prepared.deliver({ token, deliveryId: ids.of(deviceId) }), freeSlot);
    given++;
  }
  return given;
}

/** Ends a delivery whose device is gone. */
function isSendable(delivery: PendingDelivery, pass: Pass): delivery is SendableDelivery {
  if (delivery.token === null) pass.skip(delivery, 'DEVICE_REMOVED');
  else if (delivery.retired) pass.skip(delivery, 'DEVICE_RETIRED');
  else return true;
  return false;
}

function deadlineOf(message: Message): { deadline: Date; reason: string } {
  const { validUntil } = message.content;
  if (validUntil !== undefined) return { deadline: validUntil, reason: 'VALID_UNTIL_PASSED' };
  const launchedAt = message.launchedAt ?? message.createdAt;
  return { deadline: new Date(launchedAt.getTime() + lifetimeMs), reason: 'GIVEN_UP' };
}
