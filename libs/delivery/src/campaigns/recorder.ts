import { Accusations } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { chunkSize } from '../chunks/chunk.entity';
import type { ClaimedChunk } from '../chunks/claims';
import { type Keeping, keptUntilStored } from '../sending/kept-until-stored';
import type { PendingDelivery, Result, ResultRecorder } from '../sending/results';
import { Stopping } from '../sending/stopping';
import { multirangeOf } from './multirange';
import { acceptNamedStatement, acceptStatement, recordStatement } from './record.statements';

/** How long a result waits for others. */
const flushAfterMs = 200;

/** Writes results in bulk. */
@Injectable()
export class Recorder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
    private readonly stopping: Stopping,
  ) {}

  /**
   * Starts a pass over one chunk.
   * @param isHeld tells whether the claim still stands, so that nobody else sends the chunk
   * @returns the recorder of its results
   */
  start(chunk: ClaimedChunk, isHeld: () => boolean): ChunkRecorder {
    // Whatever is wrong: trying again delays this chunk alone, and its deliveries may be on screens.
    const keeping = { stopping: this.stopping, isWorthwhile: isHeld, mayPass: () => true };
    return new ChunkRecorder(this.dataSource, this.accusations, chunk, keeping);
  }
}

const wasSent = ({ state, mayBeShown }: Result) => state === 'accepted' || mayBeShown === true;

/** Some outcomes could not be stored, so that pending deliveries may have been sent. */
export class OutcomesLostError extends Error {
  constructor(cause: unknown) {
    super(`Outcomes not stored: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = 'OutcomesLostError';
  }
}

class ChunkRecorder implements ResultRecorder<PendingDelivery> {
  private batch: Result[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: { readonly cause: unknown } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
    private readonly chunk: ClaimedChunk,
    private readonly keeping: Keeping,
  ) {}

  isFailing = false;

  add(result: Result): void {
    this.batch.push(result);
    if (this.isFailing) return;
    if (this.batch.length >= chunkSize) this.write();
    else {
      this.timer ??= setTimeout(() => {
        this.write();
      }, flushAfterMs);
    }
  }

  /**
   * Resolves when everything added so far is stored. A session that ended, or a deadlock, costs no outcome. While
   * PostgreSQL is away, what is known is kept for as long as nobody else may send it.
   * @throws OutcomesLostError when it can't be stored: the deliveries stay pending then
   */
  async flush(): Promise<void> {
    await this.writing;
    // What could not be stored before may be now.
    this.write();
    await this.writing;
    if (this.failure === undefined) return;
    const { cause } = this.failure;
    throw this.batch.some(wasSent) ? new OutcomesLostError(cause) : cause;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.batch.length === 0) return;
    // Two passes over one chunk lock its rows in one order.
    const batch = this.batch.sort((a, b) => a.seq - b.seq);
    this.batch = [];
    this.writing = this.writing.then(() => this.keep(batch));
  }

  private async keep(batch: readonly Result[]): Promise<void> {
    const failed = () => {
      this.isFailing = true;
    };
    try {
      await keptUntilStored(() => this.store(batch), { ...this.keeping, failed });
      this.isFailing = false;
      this.failure = undefined;
    } catch (cause) {
      failed();
      this.batch.push(...batch);
      this.failure = { cause };
    }
  }

  /** Stores results. A device and the delivery that accused it change together: a crash in between would show a retired one. */
  private async store(batch: readonly Result[]): Promise<void> {
    const heard = batch.flatMap(({ accusation }) => accusation ?? []);
    const accuser = heard.at(-1)?.accuser;
    if (accuser === undefined) {
      await this.record(this.dataSource.manager, batch);
      return;
    }
    await this.dataSource.transaction(async (manager) => {
      await this.accusations.hear(
        manager,
        accuser,
        heard.map(({ word }) => word),
      );
      await this.record(manager, batch);
    });
  }

  /**
   * Stores results: what was accepted, most by far, all alike under our own ids, or in two texts with the gateway's names,
   * for each element of an array costs the driver a look; and the rest one by one.
   */
  private async record(manager: EntityManager, batch: readonly Result[]): Promise<void> {
    const accepted: number[] = [];
    const named: number[] = [];
    const names: string[] = [];
    const others: Result[] = [];
    for (const result of batch) {
      const { seq, state, gatewayId } = result;
      if (state !== 'accepted') others.push(result);
      else if (gatewayId === undefined) accepted.push(seq);
      else if (gatewayId === '' || gatewayId.includes('\n')) others.push(result);
      else {
        named.push(seq);
        names.push(gatewayId);
      }
    }
    await this.run(manager, acceptStatement, accepted, [multirangeOf(accepted)]);
    await this.run(manager, acceptNamedStatement, named, [`{${named.join()}}`, names.join('\n')]);
    const seqs = others.map(({ seq }) => seq);
    await this.run(manager, recordStatement, seqs, [
      seqs,
      others.map((result) => result.state),
      others.map((result) => result.reason ?? null),
      others.map((result) => result.gatewayId ?? null),
      others.map((result) => result.retryInMs ?? null),
      others.map((result) => result.mayBeShown ?? false),
    ]);
  }

  /** @param seqs of the results, sorted */
  private async run(
    manager: EntityManager,
    statement: string,
    seqs: readonly number[],
    results: readonly unknown[],
  ): Promise<void> {
    const [first, last] = [seqs.at(0), seqs.at(-1)];
    if (first === undefined || last === undefined) return;
    const { messageId, gateway, number } = this.chunk;
    await manager.query(statement, [...[messageId, gateway, number, first, last + 1], ...results]);
  }
}
