import { Clock, DomainError } from '@app/core';
import { Injectable } from '@nestjs/common';
import type { ReadRows, Refusal, Row } from './rows';
import { IncompleteUploadError } from './upload.errors';
import { UploadLimits } from './upload-limits';
import type { Counts, UploadTarget } from './upload-target';

/** How far an upload is: `rows` that were dealt with, which are the counted ones and the refused ones. */
export interface Progress extends Counts {
  readonly rows: number;
  readonly refused: number;
}

export type UploadEvent =
  { readonly refused: Refusal } | { readonly progress: Progress } | { readonly report: Progress };

/** Moves rows from an upload to its target, part by part. */
@Injectable()
export class UploadRun {
  constructor(
    private readonly limits: UploadLimits,
    private readonly clock: Clock,
  ) {}

  /**
   * Reads no more than one part ahead. Ends with a report.
   * @throws IncompleteUploadError
   */
  async *events(read: AsyncIterable<ReadRows>, target: UploadTarget): AsyncGenerator<UploadEvent> {
    let [stored, refused] = [0, 0];
    const progress = (): Progress => ({ rows: stored + refused, ...target.counts, refused });
    let waiting: Row[] = [];
    const store = async (rows: readonly Row[]) => {
      const refusals = await target.store(rows);
      stored += rows.length - refusals.length;
      return refusals;
    };
    let storedAt = this.now();
    let toldAt = storedAt;
    try {
      for await (const { rows, refusals } of read) {
        for (const refusal of refusals) {
          refused++;
          yield { refused: refusal };
        }
        waiting = waiting.length === 0 ? [...rows] : waiting.concat(rows);
        while (waiting.length >= this.limits.partRows || this.isDue(storedAt, waiting)) {
          const part = waiting.slice(0, this.limits.partRows);
          waiting = waiting.slice(this.limits.partRows);
          for (const refusal of await store(part)) {
            refused++;
            yield { refused: refusal };
          }
          storedAt = this.now();
        }
        if (this.now() - toldAt >= this.limits.partMs) {
          toldAt = this.now();
          yield { progress: progress() };
        }
      }
      for (const refusal of waiting.length === 0 ? [] : await store(waiting)) {
        refused++;
        yield { refused: refusal };
      }
    } catch (error) {
      if (!(error instanceof DomainError) || stored + refused === 0) throw error;
      throw new IncompleteUploadError(error, stored + refused);
    }
    yield { report: progress() };
  }

  private isDue(storedAt: number, waiting: readonly Row[]): boolean {
    return waiting.length > 0 && this.now() - storedAt >= this.limits.partMs;
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
