import { setImmediate as turn } from 'node:timers/promises';
import { preparedQuery } from '@app/core';
import { Accusations } from '@app/devices';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ClaimedDelivery } from '../chunks/backlog';
import type { ChunkRef } from '../chunks/claims';
import { type Keeping, keptUntilStored } from '../sending/kept-until-stored';
import type { Result, ResultRecorder } from '../sending/results';
import { Stopping } from '../sending/stopping';
import { recordNotificationsStatement } from './record-notifications.statement';

/** Learns what became of results. */
export interface ResultListener {
  /** A result is stored. @param isFinished whether it was the last one that its chunk waited for */
  stored(delivery: ClaimedDelivery, isFinished: boolean): void;
  /** A result can't be stored, so that its delivery stays pending, though it may have been sent. */
  lost(delivery: ClaimedDelivery, cause: unknown): void;
}

type CountedChunk = ChunkRef & { readonly isFinished: boolean };

const nameOf = ({ messageId, gateway, number }: ChunkRef) => `${messageId} ${gateway} ${number}`;

interface Entry {
  readonly delivery: ClaimedDelivery;
  readonly result: Result;
  readonly batch: BatchRecorder;
}

/** The most results of one statement. */
const batchSize = 500;

const logger = new Logger('Delivery');

/**
 * Writes the results of notifications: those of all lanes that come while a statement is under way go together with the
 * next, so that a lone one waits for none. One statement stores results and counts, finishes chunks, completes messages
 * and tells those who wait. Results are kept while the database is away.
 */
@Injectable()
export class NotificationRecorder {
  private waiting: Entry[] = [];
  private writing: Promise<void> | undefined;
  private readonly keeping: Keeping;

  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
    stopping: Stopping,
  ) {
    this.keeping = {
      stopping,
      // One of another who sends the same meanwhile is stored first, and this one changes nothing.
      isWorthwhile: () => true,
      failed: () => {
        this.isFailing = true;
      },
    };
  }

  /** Whether results could not be stored so far: until they are, what is sent may be sent twice. */
  isFailing = false;

  start(listener: ResultListener): BatchRecorder {
    return new BatchRecorder(this, listener);
  }

  add(entry: Entry): void {
    this.waiting.push(entry);
    this.writing ??= this.write();
  }

  private async write(): Promise<void> {
    // Answers that are read from one socket at once come in one turn.
    await turn();
    while (this.waiting.length > 0) await this.store(this.waiting.splice(0, batchSize));
    this.writing = undefined;
  }

  private async store(entries: Entry[]): Promise<void> {
    // Two statements that store some of the same lock their rows in one order.
    entries.sort((a, b) => compare(a.delivery, b.delivery));
    let finished: Set<string>;
    try {
      finished = await this.keep(entries);
    } catch (cause) {
      await this.storeSingly(entries, cause);
      return;
    }
    for (const { delivery, batch } of entries) batch.stored(delivery, finished);
  }

  /** Stores what can be stored: one result that the database refuses must cost no other. */
  private async storeSingly(entries: readonly Entry[], cause: unknown): Promise<void> {
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      only.batch.lost(only.delivery, cause);
      return;
    }
    for (const entry of entries) {
      const { batch, delivery } = entry;
      try {
        batch.stored(delivery, await this.keep([entry], { patienceMs: 0 }));
      } catch (error) {
        batch.lost(delivery, error);
      }
    }
  }

  private async keep(
    entries: readonly Entry[],
    otherwise: Partial<Keeping> = {},
  ): Promise<Set<string>> {
    try {
      return await keptUntilStored(() => this.tryToStore(entries), {
        ...this.keeping,
        ...otherwise,
      });
    } finally {
      // What follows finds out by itself.
      this.isFailing = false;
    }
  }

  /** Stores results. A device and the delivery that accused it change together: a crash in between would show a retired one. */
  private async tryToStore(entries: readonly Entry[]): Promise<Set<string>> {
    const heard = entries.flatMap(({ result: { accusation } }) => accusation ?? []);
    if (heard.length === 0) return this.record(this.dataSource.manager, entries);
    return this.dataSource.transaction(async (manager) => {
      for (const accuser of new Set(heard.map((accusation) => accusation.accuser))) {
        const words = heard.filter((accusation) => accusation.accuser === accuser);
        await this.accusations.hear(
          manager,
          accuser,
          words.map(({ word }) => word),
        );
      }
      return this.record(manager, entries);
    });
  }

  /** @returns the names of the chunks that are finished now */
  private async record(manager: EntityManager, entries: readonly Entry[]): Promise<Set<string>> {
    const rows = await preparedQuery<CountedChunk>(manager, recordNotificationsStatement, [
      entries.map(({ delivery }) => delivery.messageId),
      entries.map(({ delivery }) => delivery.chunk.gateway),
      entries.map(({ delivery }) => delivery.chunk.number),
      entries.map(({ result }) => result.seq),
      entries.map(({ result }) => result.state),
      entries.map(({ result }) => result.reason ?? null),
      entries.map(({ result }) => result.gatewayId ?? null),
      entries.map(({ result }) => result.retryInMs ?? null),
      entries.map(({ result }) => result.mayBeShown ?? false),
    ]);
    return new Set(rows.filter((chunk) => chunk.isFinished).map(nameOf));
  }
}

/** Gathers the results of notifications that are sent together. */
class BatchRecorder implements ResultRecorder<ClaimedDelivery> {
  private outstanding = 0;
  private flushed: (() => void) | undefined;

  constructor(
    private readonly recorder: NotificationRecorder,
    private readonly listener: ResultListener,
  ) {}

  get isFailing(): boolean {
    return this.recorder.isFailing;
  }

  add(result: Result, delivery: ClaimedDelivery): void {
    this.outstanding++;
    this.recorder.add({ delivery, result, batch: this });
  }

  /** Resolves when everything added so far is stored or lost. */
  async flush(): Promise<void> {
    if (this.outstanding === 0) return;
    await new Promise<void>((resolve) => {
      this.flushed = resolve;
    });
  }

  stored(delivery: ClaimedDelivery, finished: ReadonlySet<string>): void {
    this.settle(() => {
      this.listener.stored(delivery, finished.has(nameOf(delivery.chunk)));
    });
  }

  lost(delivery: ClaimedDelivery, cause: unknown): void {
    this.settle(() => {
      this.listener.lost(delivery, cause);
    });
  }

  /** Tells the listener: whatever it does with that, the results of others go on. */
  private settle(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      logger.error('A listener to results failed', error);
    }
    if (--this.outstanding === 0) this.flushed?.();
  }
}

function compare(a: ClaimedDelivery, b: ClaimedDelivery): number {
  const [one, other] = [nameOf(a.chunk), nameOf(b.chunk)];
  if (one === other) return a.seq - b.seq;
  return one < other ? -1 : 1;
}
