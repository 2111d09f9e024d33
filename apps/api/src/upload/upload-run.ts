import { Clock, DomainError, Slots } from '@app/core';
import { Injectable } from '@nestjs/common';
import type { ReadRows, Refusal, Row } from './rows';
import { IncompleteUploadError } from './upload.errors';
import { UploadLimits } from './upload-limits';
import type { Counts, UploadTarget } from './upload-target';

/** The progress of an upload: `rows` that were dealt with, which are the counted ones and the refused ones. */
export interface Progress extends Counts {
  readonly rows: number;
  readonly refused: number;
}

export type UploadEvent =
  { readonly refused: Refusal } | { readonly progress: Progress } | { readonly report: Progress };

/** Moves rows from an upload to its target, part by part. */
@Injectable()
export class UploadRun {
  private readonly storing = new Slots(() => this.limits.storing);

  constructor(
    private readonly limits: UploadLimits,
    private readonly clock: Clock,
  ) {}

  /**
   * Stores the rows and reads no more than one part ahead. What was read before a fault is stored all the same. Ends
   * with a report.
   * @throws IncompleteUploadError, or the fault itself where nothing came before it
   */
  async *events(read: AsyncIterable<ReadRows>, target: UploadTarget): AsyncGenerator<UploadEvent> {
    let [stored, refused] = [0, 0];
    const progress = (): Progress => ({ rows: stored + refused, ...target.counts, refused });
    const toldOf = function* (refusals: readonly Refusal[]): Generator<UploadEvent> {
      for (const refusal of refusals) {
        refused++;
        yield { refused: refusal };
      }
    };
    const store = async (part: readonly Row[]) => {
      const refusals = await this.inTurn(() => target.store(part));
      stored += part.length - refusals.length;
      return refusals;
    };
    const { partRows, partMs } = this.limits;
    let fault: Error | undefined;
    const reading = untilFault(read, (error) => {
      fault = error;
    });
    let waiting: readonly Row[] = [];
    let [storedAt, toldAt] = [this.now(), this.now()];
    try {
      for await (const { rows, refusals } of reading) {
        yield* toldOf(refusals);
        waiting = [...waiting, ...rows];
        while (
          waiting.length >= partRows ||
          (waiting.length > 0 && this.isPast(storedAt, partMs))
        ) {
          const part = waiting.slice(0, partRows);
          waiting = waiting.slice(partRows);
          yield* toldOf(await store(part));
          storedAt = this.now();
        }
        if (!this.isPast(toldAt, partMs)) continue;
        toldAt = this.now();
        yield { progress: progress() };
      }
      if (waiting.length > 0) yield* toldOf(await store(waiting));
    } catch (error) {
      fault = errorOf(error);
    }
    if (fault === undefined) yield { report: progress() };
    else if (fault instanceof DomainError && stored + refused > 0) {
      throw new IncompleteUploadError(fault, stored + refused);
    } else throw fault;
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.storing.take();
    try {
      return await work();
    } finally {
      this.storing.free();
    }
  }

  private isPast(since: number, afterMs: number): boolean {
    return this.now() - since >= afterMs;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

async function* untilFault(
  read: AsyncIterable<ReadRows>,
  onFault: (error: Error) => void,
): AsyncGenerator<ReadRows> {
  try {
    yield* read;
  } catch (error) {
    onFault(errorOf(error));
  }
}

const errorOf = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
