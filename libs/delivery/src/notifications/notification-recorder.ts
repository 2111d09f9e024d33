import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { isAway, preparedQuery } from '@app/core';
import { Accusations } from '@app/devices';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ClaimedDelivery } from '../chunks/backlog';
import type { ChunkRef } from '../chunks/claims';
import type { Result, ResultRecorder } from '../sending/results';
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

/** The pauses before results that could not be stored are tried again; the last one, over and over while the database is away. */
const retryDelaysMs = [50, 500, 2_000];

/** How long results are kept for a database that is away while this process ends. */
const graceMs = 5_000;

/**
 * Writes the results of notifications: those of all lanes that come while a statement is under way go together with the
 * next, so that a lone one waits for none. One statement stores results and counts, finishes chunks, completes messages
 * and tells those who wait. Results are kept while the database is away.
 */
@Injectable()
export class NotificationRecorder {
  private waiting: Entry[] = [];
  private writing: Promise<void> | undefined;
  private givesUpAt = Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly accusations: Accusations,
  ) {}

  /** Whether results could not be stored so far: until they are, what is sent may be sent twice. */
  isFailing = false;

  start(listener: ResultListener): BatchRecorder {
    return new BatchRecorder(this, listener);
  }

  add(entry: Entry): void {
    this.waiting.push(entry);
    this.writing ??= this.write();
  }

  /** Keeps results for some seconds more, for this process ends. */
  stop(): void {
    this.givesUpAt = performance.now() + graceMs;
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
    for (let attempt = 0; ; attempt++) {
      try {
        const finished = await this.tryToStore(entries);
        this.isFailing = false;
        for (const { delivery, batch } of entries) batch.stored(delivery, finished);
        return;
      } catch (cause) {
        this.isFailing = true;
        const delayMs = retryDelaysMs[attempt];
        const mayPass =
          cause instanceof Error && isAway(cause) && performance.now() < this.givesUpAt;
        if (delayMs === undefined && !mayPass) {
          await this.storeSingly(entries, cause);
          return;
        }
        await sleep(delayMs ?? retryDelaysMs.at(-1));
      }
    }
  }

  /** Stores what can be stored: one result that the database refuses must cost no other. */
  private async storeSingly(entries: readonly Entry[], cause: unknown): Promise<void> {
    // What follows finds out by itself.
    this.isFailing = false;
    const [only] = entries;
    if (only !== undefined && entries.length === 1) {
      only.batch.lost(only.delivery, cause);
      return;
    }
    for (const entry of entries) {
      try {
        entry.batch.stored(entry.delivery, await this.tryToStore([entry]));
      } catch (error) {
        entry.batch.lost(entry.delivery, error);
      }
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
    this.listener.stored(delivery, finished.has(nameOf(delivery.chunk)));
    this.settle();
  }

  lost(delivery: ClaimedDelivery, cause: unknown): void {
    this.listener.lost(delivery, cause);
    this.settle();
  }

  private settle(): void {
    if (--this.outstanding === 0) this.flushed?.();
  }
}

function compare(a: ClaimedDelivery, b: ClaimedDelivery): number {
  const [one, other] = [nameOf(a.chunk), nameOf(b.chunk)];
  if (one === other) return a.seq - b.seq;
  return one < other ? -1 : 1;
}
