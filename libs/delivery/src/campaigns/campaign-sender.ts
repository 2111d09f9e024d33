import { DatabaseClock } from '@app/core';
import { InvalidMessageError, type PreparedMessage } from '@app/push';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Chunks, type Rest } from '../chunks/chunks';
import { type ClaimedChunk, Claims } from '../chunks/claims';
import { Faults } from '../chunks/faults';
import { Lanes } from '../lanes/lanes';
import { DeliveryIds } from '../messages/delivery-id';
import { Messages } from '../messages/messages';
import { deadlineOf } from '../sending/deadline';
import { GatewayConnections } from '../sending/gateway-connections';
import { keptUntilStored } from '../sending/kept-until-stored';
import { Sender } from '../sending/sender';
import { Stopping } from '../sending/stopping';
import { dueDeliveries } from './due-deliveries';
import { FollowUp } from './follow-up';
import { OutcomesLostError, Recorder } from './recorder';

const none: Rest = { ms: 0 };

/** Makes passes over chunks of campaigns, and leaves each of their deliveries either final or due again. */
@Injectable()
export class CampaignSender {
  private readonly logger = new Logger('Delivery');

  constructor(
    private readonly dataSource: DataSource,
    private readonly chunks: Chunks,
    private readonly claims: Claims,
    private readonly messages: Messages,
    private readonly connections: GatewayConnections,
    private readonly lanes: Lanes,
    private readonly sender: Sender,
    private readonly recorder: Recorder,
    private readonly followUp: FollowUp,
    private readonly faults: Faults,
    private readonly clock: DatabaseClock,
    private readonly stopping: Stopping,
  ) {}

  /** Makes one pass over a chunk, and gives it back. It never rejects: should all else fail, the claim lapses. */
  async send(chunk: ClaimedChunk): Promise<void> {
    try {
      await this.pass(chunk);
    } catch (error) {
      this.logger.warn(`Left to the reconciler: fault of a pass not noted: ${String(error)}`);
    } finally {
      this.claims.forget(chunk);
    }
  }

  private async pass(chunk: ClaimedChunk): Promise<void> {
    const { stopping } = this;
    const keeping = { stopping, isWorthwhile: () => this.claims.isHeld(chunk) };
    try {
      const rest = await this.work(chunk);
      const isFinished = await keptUntilStored(() => this.chunks.release(chunk, rest), keeping);
      if (isFinished) this.followUp.start(chunk.messageId);
      if (chunk.faulted) await this.faults.passed(chunk);
    } catch (error) {
      const isInDoubt = error instanceof OutcomesLostError;
      await keptUntilStored(() => this.faults.ofPass(chunk, error, isInDoubt), keeping);
    }
  }

  /** @returns how long the chunk need not be looked at again */
  private async work(chunk: ClaimedChunk): Promise<Rest> {
    if (chunk.inDoubt) await this.chunks.placeDoubt(chunk);
    const { messageId, gateway } = chunk;
    const [message, pending] = await Promise.all([
      this.messages.get(messageId),
      dueDeliveries(this.dataSource.manager, chunk),
    ]);
    const [first] = pending;
    if (first === undefined) return none;
    this.clock.observe(first.readAt);
    const isHeld = () => this.claims.isHeld(chunk);
    const recorder = this.recorder.start(chunk, isHeld);
    const finishAll = async (state: 'failed' | 'skipped' | 'expired', reason: string) => {
      for (const { seq } of pending) recorder.add({ seq, state, reason });
      await recorder.flush();
    };

    const { deadline, reason } = deadlineOf(message);
    if (deadline <= first.readAt) {
      await finishAll('expired', reason);
      return none;
    }
    const { applicationId } = message;
    const [connection, perSecond] = await Promise.all([
      this.connections.of(applicationId, gateway),
      this.lanes.perSecond(applicationId, gateway),
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
    const ready = { prepared, ids: new DeliveryIds(messageId), deadline };
    return this.sender.send({
      lane: { applicationId, gateway, version: connection.version, realm: connection.realm },
      priority: 'campaign',
      messageId,
      connection,
      perSecond,
      deliveries: pending,
      recorder,
      messageOf: () => ready,
      isHeld,
    });
  }
}
