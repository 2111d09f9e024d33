import { isAway } from '@app/core';
import type { Weight } from '@app/devices';
import type { Fault, Outcome } from '@app/push';
import { Logger } from '@nestjs/common';
import type { LaneKey } from '../doubt/answer-window';
import { type Doubt, manyUsers, type Verdict } from '../doubt/doubt';
import type { LaneTally } from '../doubt/lane-tally';
import type { Lanes } from '../lanes/lanes';
import type { PendingDelivery, ResultRecorder } from './results';
import { isExhausted, isTrouble, mayBeShown, retryDelayMs } from './retry';

interface Refusal<Delivery> {
  readonly delivery: Delivery;
  readonly fault: Fault;
}

/** Fewer failures of a gateway than this are its everyday life. */
const manyTroubles = 20;

/** The number of held answers at which they are judged, before the pass is over. */
const heldAtOnce = 50;

/** How long an answer is held while other sends of the pass are under way: these may take long. */
const heldForMs = 250;

const logger = new Logger('Delivery');

/**
 * Gathers what one pass over some deliveries of a lane learns, and does what follows from it: `Outcome`'s table in code.
 * Faults that accuse us rather than a device halt the pass and leave what is not sent pending.
 */
export class Pass<Delivery extends PendingDelivery> {
  private halt: Promise<Date> | undefined;
  /** Whether the gateway took a delivery, or told a token dead, which it does only for credentials that it believes. */
  private believed = false;
  private answers = 0;
  private troubles = 0;
  private underWay = 0;
  private onSettled: (() => void) | undefined;
  /** Answers that are doubtful, or tell a token dead: all answers of the lane decide what follows. */
  private held: Refusal<Delivery>[] = [];
  private judging: Promise<void> = Promise.resolve();
  private judgement: NodeJS.Timeout | undefined;
  private readonly tally: LaneTally;

  constructor(
    private readonly lane: LaneKey,
    private readonly recorder: ResultRecorder<Delivery>,
    private readonly lanes: Lanes,
    private readonly doubt: Doubt,
  ) {
    this.tally = doubt.tallyOf(lane);
  }

  /** While the breaker is open, and sends only try whether it may close: their answers. */
  private probe: { answers: number; readonly doubts: Refusal<Delivery>[] } | undefined;

  /** Whether an answer came from the gateway, or might have. */
  hasReachedGateway = false;

  /** Begins a probe of an open breaker: a doubtful answer to it says nothing new of the lane, and costs no delivery. */
  beginProbe(): void {
    this.probe = { answers: 0, doubts: [] };
  }

  /** Tells whether all answers of the probe were doubtful so far, so that another user's delivery may tell more. */
  isProbeInDoubt(): boolean {
    const { answers, doubts } = this.probe ?? { answers: 0, doubts: [] };
    return doubts.length > 0 && doubts.length === answers && !this.isHalted();
  }

  /** Tells whether a fault accused us, so that nothing more may be sent. */
  isHalted(): boolean {
    return this.halt !== undefined;
  }

  skip(delivery: Delivery, reason: string): void {
    this.recorder.add({ seq: delivery.seq, state: 'skipped', reason }, delivery);
  }

  /** Follows a send to its outcome. @param done is called when the outcome is there */
  track(delivery: Delivery, sending: Promise<Outcome>, done: () => void): void {
    this.underWay++;
    const end = () => {
      done();
      if (--this.underWay === 0) this.onSettled?.();
    };
    const settle = (outcome: Outcome) => {
      if (outcome.class === 'accepted' || outcome.sent !== false) this.hasReachedGateway = true;
      this.settle(delivery, outcome);
      end();
    };
    sending.then(settle, (error: unknown) => {
      if (error instanceof Error && isAway(error)) {
        // The gateway was told nothing yet: what it knows us by is in the database.
        if (this.halt === undefined) this.haltWith(Promise.reject(error));
        end();
      } else settle({ class: 'transport', reason: 'InternalError', detail: String(error) });
    });
  }

  /** Resolves when no send is under way, and all that its outcome does to the lane is done. */
  async settled(): Promise<void> {
    if (this.underWay > 0) {
      await new Promise<void>((resolve) => {
        this.onSettled = resolve;
      });
    }
    // Before the lane is found well: what is held may say otherwise.
    this.judge();
    await this.judging.catch(() => undefined);
    await this.halt;
    if (this.believed) await this.prove();
  }

  /**
   * Ends the probe, and keeps the breaker open when all its answers were doubtful. Where it tried one user's delivery for
   * want of others, these may try soon: nobody's devices keep a lane shut.
   */
  endProbe(): void {
    const latest = this.probe?.doubts.at(-1);
    if (this.probe !== undefined && latest !== undefined && this.isProbeInDoubt()) {
      this.openBreaker(latest.fault, latest.delivery, this.probe.doubts.length / manyUsers);
    }
    this.probe = undefined;
  }

  /** Stores everything. @throws OutcomesLostError when that is impossible, or what else went wrong meanwhile */
  async end(): Promise<void> {
    try {
      await this.settled();
      await this.judging;
    } finally {
      await this.recorder.flush();
    }
  }

  private settle(delivery: Delivery, outcome: Outcome): void {
    this.answers++;
    if (this.probe !== undefined) this.probe.answers++;
    if (outcome.class !== 'accepted' && outcome.doubtful === true) {
      if (this.probe !== undefined) {
        this.probe.doubts.push({ delivery, fault: outcome });
        this.retry(delivery, outcome);
      } else this.hold(delivery, outcome, 'doubtful');
      return;
    }
    switch (outcome.class) {
      case 'accepted':
        this.believed = true;
        this.tally.note(delivery.deviceId, 'accepted');
        this.recorder.add(
          { seq: delivery.seq, state: 'accepted', gatewayId: outcome.gatewayId },
          delivery,
        );
        return;
      case 'message':
      case 'device':
        this.fail(delivery, outcome);
        return;
      case 'token':
        this.believed = true;
        this.hold(delivery, outcome, 'dead');
        return;
      case 'device_rate':
        this.retry(delivery, outcome);
        return;
      case 'project_rate':
        this.retry(delivery, outcome);
        this.pause(outcome);
        return;
      case 'transport':
        if (isExhausted(outcome, delivery.attempts)) this.fail(delivery, outcome);
        else if (outcome.sent !== false) this.retry(delivery, outcome);
        if (isTrouble(outcome)) this.troubles++;
        if (outcome.sent === false || outcome.retryAfterMs !== undefined || this.inTrouble()) {
          this.pause(outcome);
        }
        return;
      case 'credential':
      case 'configuration':
        this.openBreaker(outcome, delivery);
        return;
      case 'withdrawn': // Given back with what was not sent.
    }
  }

  private fail(delivery: Delivery, fault: Fault): void {
    this.recorder.add({ seq: delivery.seq, state: 'failed', reason: fault.reason }, delivery);
  }

  /** Tells whether most answers are 500, 503 or none: the gateway is unwell, though it does not ask us to wait. */
  private inTrouble(): boolean {
    return this.troubles >= manyTroubles && this.troubles > this.answers / 2;
  }

  private retry(delivery: Delivery, fault: Fault): void {
    const retryInMs = retryDelayMs(fault, delivery.attempts);
    this.recorder.add(
      {
        seq: delivery.seq,
        state: 'pending',
        reason: fault.reason,
        retryInMs,
        mayBeShown: mayBeShown(fault),
      },
      delivery,
    );
  }

  private pause(fault: Fault): void {
    if (this.halt !== undefined) return;
    const { applicationId, gateway } = this.lane;
    this.log('paused', fault);
    this.haltWith(this.lanes.pause(applicationId, gateway, fault.reason, fault.retryAfterMs ?? 0));
  }

  private openBreaker(fault: Fault, { messageId, deviceId }: Delivery, share?: number): void {
    if (this.halt !== undefined) return;
    const { applicationId, gateway, version } = this.lane;
    const witness = { messageId, deviceId };
    this.log('stopped: its breaker is open', fault);
    this.haltWith(this.lanes.open(applicationId, gateway, version, fault.reason, witness, share));
  }

  private haltWith(halt: Promise<Date>): void {
    this.halt = halt;
    // settled() reports it; until then it must not count as unhandled.
    halt.catch(() => undefined);
  }

  private log(what: string, { class: fault, reason, detail }: Fault): void {
    const { applicationId, gateway } = this.lane;
    logger.warn(
      `Application ${applicationId} to ${gateway} ${what} (${fault}: ${reason}${detail === undefined ? '' : `, ${detail}`})`,
    );
  }

  private async prove(): Promise<void> {
    // A fault of ours in the same pass says that something is wrong even so.
    if (this.halt !== undefined) return;
    const { applicationId, gateway, version } = this.lane;
    try {
      await this.lanes.prove(applicationId, gateway, version);
    } catch (error) {
      // The next pass proves it; this one's results matter more.
      logger.warn(`Application ${applicationId} to ${gateway} not noted as well: ${String(error)}`);
    }
  }

  private hold(delivery: Delivery, fault: Fault, kind: 'doubtful' | 'dead'): void {
    this.tally.note(delivery.deviceId, kind);
    this.held.push({ delivery, fault });
    if (this.held.length >= heldAtOnce || this.doubt.isAlarming(this.tally)) this.judge();
    else {
      this.judgement ??= setTimeout(() => {
        this.judge();
      }, heldForMs);
    }
  }

  private judge(): void {
    clearTimeout(this.judgement);
    this.judgement = undefined;
    const { held } = this;
    if (held.length === 0) return;
    this.held = [];
    this.judging = this.judging.then(() => this.carryOut(held));
    // end() reports it; until then it must not count as unhandled. The deliveries stay pending.
    this.judging.catch(() => undefined);
  }

  private async carryOut(held: readonly Refusal<Delivery>[]): Promise<void> {
    const doubtful = held.filter(({ fault }) => fault.doubtful === true);
    const [first] = doubtful;
    const verdict = await this.doubt.judge(
      this.lane,
      doubtful.map(({ delivery }) => delivery.deviceId),
    );
    if (first !== undefined && verdict.accusesLane) {
      this.openBreaker(first.fault, first.delivery);
      await this.halt;
    }
    for (const refusal of held) {
      const { delivery, fault } = refusal;
      const isDoubtful = fault.doubtful === true;
      if (isDoubtful && (verdict.accusesLane || mayRepeat(refusal))) {
        this.retry(delivery, fault);
        continue;
      }
      const weight = isDoubtful ? verdict.doubtfulWeighs : verdict.deadWeighs;
      this.recorder.add(
        {
          seq: delivery.seq,
          state: 'failed',
          reason: fault.reason,
          accusation: accusationOf(refusal, weight, verdict),
        },
        delivery,
      );
    }
  }
}

/** Tells whether a fault is not about the delivery, as far as we can tell, or is said of it for the first time. */
function mayRepeat({ delivery, fault }: Refusal<PendingDelivery>): boolean {
  const isNews = fault.class === 'transport' || fault.reason !== delivery.reason;
  return isNews && !isExhausted(fault, delivery.attempts);
}

/** Accuses the device's token where the answer is about the token. */
function accusationOf(
  { delivery, fault }: Refusal<PendingDelivery>,
  weight: Weight,
  { accuser }: Verdict,
) {
  const { deviceId, token, readAt } = delivery;
  if (token === null || fault.class !== 'token') return undefined;
  const { reason, invalidSince } = fault;
  return { accuser, word: { deviceId, token, reason, readAt, invalidSince, weight } };
}
