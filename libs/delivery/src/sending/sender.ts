import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseClock, Turns } from '@app/core';
import type { PreparedMessage } from '@app/push';
import { Injectable } from '@nestjs/common';
import type { Rest } from '../chunks/chunks';
import type { LaneKey } from '../doubt/answer-window';
import { Doubt, manyUsers } from '../doubt/doubt';
import { Lanes, type LeaseRequest } from '../lanes/lanes';
import type { DeliveryIds } from '../messages/delivery-id';
import type { MessagePriority } from '../messages/message.entity';
import type { GatewayConnection } from './gateway-connections';
import { Pass } from './pass';
import type { PendingDelivery, ResultRecorder } from './results';
import { Stopping } from './stopping';

/** How often a lease is checked while permits fall due, or deliveries wait for the gateway. */
const lookAgainMs = 500;

/** How long after its permit a campaign's delivery may leave, should it have to wait for a connection: a pause bites soon. */
const leaveWithinMs = 1_000;

/** How long a pass may send before others get their turn: a slow lane must not keep a worker for itself. */
const turnMs = 5_000;

/** How long campaigns may be sent without a look at what else there is to do. */
const stretchMs = 5;

/** A message in its gateway's words. */
export interface ReadyMessage {
  readonly prepared: PreparedMessage;
  readonly ids: DeliveryIds;
  /** The moment, by the database's clock, at which the message has expired. */
  readonly deadline: Date;
}

/** Deliveries that leave along one lane together. */
export interface Load<Delivery extends PendingDelivery> {
  readonly lane: LaneKey;
  readonly priority: MessagePriority;
  /** The campaign whose pause or end stops them; undefined for notifications, which have neither. */
  readonly messageId?: string;
  readonly connection: GatewayConnection;
  /** The lane's limit a moment ago; 0 is unlimited. */
  readonly perSecond: number;
  readonly deliveries: readonly Delivery[];
  readonly recorder: ResultRecorder<Delivery>;
  messageOf(delivery: Delivery): ReadyMessage;
  /** Tells whether a delivery is still this process's to send. */
  isHeld(delivery: Delivery): boolean;
}

type Sendable<Delivery> = Delivery & { readonly token: string };

/** Sends deliveries at the pace of their lane, and follows each to its stored outcome. */
@Injectable()
export class Sender {
  /** Of all campaigns: what else this process does waits for one of them at most. */
  private readonly turns = new Turns(stretchMs);

  constructor(
    private readonly lanes: Lanes,
    private readonly doubt: Doubt,
    private readonly clock: DatabaseClock,
    private readonly stopping: Stopping,
  ) {}

  /**
   * Sends as many of the deliveries as the lane and a pass's turn allow, and resolves when their outcomes are stored.
   * @returns how long the rest need not be looked at again
   * @throws OutcomesLostError, or what else went wrong; what is under way then has its outcome stored all the same
   */
  async send<Delivery extends PendingDelivery>(load: Load<Delivery>): Promise<Rest> {
    const { lane, priority, messageId, deliveries, recorder } = load;
    const { applicationId, gateway, version } = lane;
    let { perSecond } = load;
    const pass = new Pass<Delivery>(lane, recorder, this.lanes, this.doubt);
    const turnEndsAt = performance.now() + turnMs;
    const goesOn = () => !this.stopping.signal.aborted && !pass.isHalted() && !recorder.isFailing;
    const hasTurn = () => performance.now() < turnEndsAt;

    let isRefused = false;
    try {
      // Before any permit is taken: the breaker's probe, above all, is for a delivery that is sent.
      let sendable = deliveries.filter((delivery) => isSendable(delivery, pass));
      for (let next = 0; goesOn() && hasTurn();) {
        while (next < sendable.length && !this.mayLeave(load, sendable[next])) next++;
        const wanted = sendable.length - next;
        if (wanted === 0) break;
        const request = { ...lane, priority, messageId, perSecond, wanted };
        const lease = await this.lanes.lease(request);
        isRefused = lease.kind === 'refused';
        if (lease.kind !== 'granted') break;
        perSecond = lease.perSecond;
        if (lease.waitMs > 1 && !(await this.waitFor(lease.waitMs, { ...request, perSecond }))) {
          continue;
        }
        if (lease.probe) {
          const tried = await this.probe(sendable.slice(next), load, pass, goesOn);
          if (!pass.hasReachedGateway)
            await this.lanes.returnProbe(applicationId, gateway, version);
          sendable = sendable.slice(next).filter((delivery) => !tried.has(delivery));
          next = 0;
        } else {
          const leased = sendable.slice(next, next + lease.permits);
          next += await this.sendLeased(leased, load, pass, goesOn);
        }
      }
    } catch (error) {
      // What is under way has its outcome stored all the same, before another pass may take the deliveries.
      await pass.end().catch(() => undefined);
      throw error;
    }
    await pass.end();
    return isRefused || pass.isHalted() ? { laneWith: version } : { ms: 0 };
  }

  /**
   * Tries whether an open breaker may close: by one delivery, and by others of other users while the answers leave in
   * doubt whether the device is at fault or the lane.
   * @returns what it tried
   */
  private async probe<Delivery extends PendingDelivery>(
    deliveries: readonly Sendable<Delivery>[],
    load: Load<Delivery>,
    pass: Pass<Delivery>,
    goesOn: () => boolean,
  ): Promise<Set<Delivery>> {
    const users = await this.doubt.usersOf(deliveries.map(({ deviceId }) => deviceId));
    const tried = new Map<string, Delivery>();
    pass.beginProbe();
    for (const delivery of deliveries) {
      const user = users.get(delivery.deviceId) ?? delivery.deviceId;
      if (tried.has(user)) continue;
      if ((await this.sendLeased([delivery], load, pass, goesOn)) === 0) break;
      tried.set(user, delivery);
      await pass.settled();
      if (!pass.isProbeInDoubt() || tried.size === manyUsers) break;
    }
    pass.endProbe();
    return new Set(tried.values());
  }

  /**
   * Passes deliveries to the gateway without waiting for its answers, while the pass goes on and the lease is fresh.
   * @returns how many it is done with
   */
  private async sendLeased<Delivery extends PendingDelivery>(
    deliveries: readonly Sendable<Delivery>[],
    load: Load<Delivery>,
    pass: Pass<Delivery>,
    goesOn: () => boolean,
  ): Promise<number> {
    const freshUntil = performance.now() + lookAgainMs;
    // A transactional message waits for no slot, and for no turn.
    const slots = load.priority === 'campaign' ? load.connection.slots : undefined;
    const freeSlot = () => slots?.free();
    const leaveBy = slots === undefined ? Infinity : performance.now() + leaveWithinMs;
    const mayLeave = () => !this.stopping.signal.aborted && performance.now() < leaveBy;
    let done = 0;
    for (const delivery of deliveries) {
      if (!goesOn()) break;
      const turn = slots && this.turns.next();
      if (turn !== undefined) await turn;
      const slot = slots?.take();
      if (slot !== undefined) await slot;
      if ((turn ?? slot) !== undefined && (!goesOn() || performance.now() > freshUntil)) {
        freeSlot();
        break;
      }
      done++;
      if (!this.mayLeave(load, delivery)) {
        freeSlot();
        continue;
      }
      const { token, deviceId } = delivery;
      const { prepared, ids } = load.messageOf(delivery);
      const sending = prepared.deliver({ token, deliveryId: ids.of(deviceId), mayLeave });
      pass.track(delivery, sending, freeSlot);
    }
    return done;
  }

  /** Tells whether a delivery is ours still, and its message has not expired. */
  private mayLeave<Delivery extends PendingDelivery>(
    load: Load<Delivery>,
    delivery: Delivery | undefined,
  ): boolean {
    if (delivery === undefined) return false;
    return load.isHeld(delivery) && this.clock.now() < load.messageOf(delivery).deadline;
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
}

/** Ends a delivery whose device is gone. */
function isSendable<Delivery extends PendingDelivery>(
  delivery: Delivery,
  pass: Pass<Delivery>,
): delivery is Sendable<Delivery> {
  if (delivery.token === null) pass.skip(delivery, 'DEVICE_REMOVED');
  else if (delivery.retired) pass.skip(delivery, 'DEVICE_RETIRED');
  else return true;
  return false;
}
