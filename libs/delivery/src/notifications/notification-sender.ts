import { DatabaseClock } from '@app/core';
import { InvalidMessageError } from '@app/push';
import { Injectable } from '@nestjs/common';
import type { ClaimedDelivery, ClaimedNotification } from '../chunks/backlog';
import { Chunks, type Rest } from '../chunks/chunks';
import { type ClaimedChunk, Claims } from '../chunks/claims';
import type { BacklogRef } from '../chunks/lane-wakeups';
import { Lanes } from '../lanes/lanes';
import { DeliveryIds } from '../messages/delivery-id';
import { deadlineOf } from '../sending/deadline';
import { type GatewayConnection, GatewayConnections } from '../sending/gateway-connections';
import type { Result } from '../sending/results';
import { type ReadyMessage, Sender } from '../sending/sender';
import { NotificationEndings } from './notification-endings';
import { NotificationRecorder, type ResultListener } from './notification-recorder';

/** A lane as a pass finds it. */
interface Way {
  /** Undefined when the application has no credentials. */
  readonly connection: GatewayConnection | undefined;
  readonly perSecond: number;
}

type ReadyDelivery = ClaimedDelivery & { readonly message: ReadyMessage };

/** Sends notifications of one lane together, and gives each back as soon as its results are stored. */
@Injectable()
export class NotificationSender {
  constructor(
    private readonly chunks: Chunks,
    private readonly claims: Claims,
    private readonly connections: GatewayConnections,
    private readonly lanes: Lanes,
    private readonly sender: Sender,
    private readonly recorder: NotificationRecorder,
    private readonly endings: NotificationEndings,
    private readonly clock: DatabaseClock,
  ) {}

  async way({ applicationId, gateway }: BacklogRef): Promise<Way> {
    const [connection, perSecond] = await Promise.all([
      this.connections.of(applicationId, gateway),
      this.lanes.perSecond(applicationId, gateway),
    ]);
    return { connection, perSecond };
  }

  /** Makes one pass over claimed notifications. It never rejects. */
  async send(
    ref: BacklogRef,
    claimed: readonly ClaimedNotification[],
    way: Promise<Way>,
  ): Promise<void> {
    const batch = new Batch(claimed, this.endings);
    try {
      for (const { chunk } of claimed) if (chunk.inDoubt) await this.chunks.placeDoubt(chunk);
      await batch.end(await this.sendAll(ref, claimed, await way, batch));
    } catch (error) {
      await batch.fail(error);
    }
  }

  /** @returns how long those that are not sent need not be looked at again */
  private async sendAll(
    { applicationId, gateway }: BacklogRef,
    claimed: readonly ClaimedNotification[],
    { connection, perSecond }: Way,
    batch: Batch,
  ): Promise<Rest> {
    const recorder = this.recorder.start(batch);
    const ready: ReadyDelivery[] = [];
    for (const notification of claimed) {
      const { chunk, deliveries } = notification;
      const [first] = deliveries;
      if (first === undefined) continue;
      this.clock.observe(first.readAt);
      try {
        const message = prepare(notification, first.readAt, connection);
        for (const delivery of deliveries) {
          if ('prepared' in message) ready.push({ ...delivery, message });
          else recorder.add({ seq: delivery.seq, ...message }, delivery);
        }
      } catch (error) {
        batch.failOne(chunk, error);
      }
    }
    if (connection === undefined || ready.length === 0) {
      await recorder.flush();
      return { ms: 0 };
    }
    return this.sender.send<ReadyDelivery>({
      lane: { applicationId, gateway, version: connection.version, realm: connection.realm },
      priority: 'transactional',
      connection,
      perSecond,
      deliveries: ready,
      recorder,
      messageOf: ({ message }) => message,
      isHeld: ({ chunk }) => this.claims.isHeld(chunk),
    });
  }
}

/** @returns the message in its gateway's words, or what becomes of its deliveries unsent */
function prepare(
  { chunk: { messageId }, message }: ClaimedNotification,
  now: Date,
  connection: GatewayConnection | undefined,
): ReadyMessage | Pick<Result, 'state' | 'reason'> {
  const { deadline, reason } = deadlineOf(message);
  if (deadline <= now) return { state: 'expired', reason };
  if (connection === undefined) return { state: 'skipped', reason: 'GATEWAY_NOT_CONFIGURED' };
  try {
    const prepared = connection.gateway.prepare(message.content);
    return { prepared, ids: new DeliveryIds(messageId), deadline };
  } catch (error) {
    if (!(error instanceof InvalidMessageError)) throw error;
    return { state: 'failed', reason: error.code };
  }
}

/** Knows which chunks of a pass wait for results still. */
class Batch implements ResultListener {
  /** The number of deliveries of each chunk without a stored result. */
  private readonly waiting: Map<ClaimedChunk, number>;
  private readonly endings = new Set<Promise<void>>();
  private answered: ClaimedChunk[] = [];

  constructor(
    claimed: readonly ClaimedNotification[],
    private readonly ends: NotificationEndings,
  ) {
    this.waiting = new Map(claimed.map(({ chunk, deliveries }) => [chunk, deliveries.length]));
  }

  stored({ chunk }: ClaimedDelivery, isFinished: boolean): void {
    const left = (this.waiting.get(chunk) ?? 0) - 1;
    this.waiting.set(chunk, left);
    if (left > 0) return;
    this.waiting.delete(chunk);
    if (isFinished) this.follow(this.ends.finished(chunk));
    else if (this.answered.push(chunk) === 1) this.follow(this.giveBackAnswered());
  }

  lost({ chunk }: ClaimedDelivery, cause: unknown): void {
    if (this.waiting.delete(chunk)) this.follow(this.ends.failed([chunk], cause, true));
  }

  /** Notes that one notification failed by a fault of ours, before it was sent. */
  failOne(chunk: ClaimedChunk, cause: unknown): void {
    if (this.waiting.delete(chunk)) this.follow(this.ends.failed([chunk], cause, false));
  }

  /** Gives back what is left, and resolves when all is given back. */
  async end(rest: Rest): Promise<void> {
    const left = [...this.waiting.keys()];
    this.waiting.clear();
    if (left.length > 0) this.follow(this.ends.giveBack(left, rest));
    while (this.endings.size > 0) await Promise.all(this.endings);
  }

  /** Notes that all that is left failed. */
  async fail(cause: unknown): Promise<void> {
    const left = [...this.waiting.keys()];
    this.waiting.clear();
    this.follow(this.ends.failed(left, cause, false));
    await this.end({ ms: 0 });
  }

  /** Gives back together those whose last results are stored by one statement. */
  private async giveBackAnswered(): Promise<void> {
    await Promise.resolve();
    const { answered } = this;
    this.answered = [];
    await this.ends.giveBack(answered, { ms: 0 });
  }

  private follow(ending: Promise<void>): void {
    this.endings.add(ending);
    void ending.finally(() => this.endings.delete(ending));
  }
}
