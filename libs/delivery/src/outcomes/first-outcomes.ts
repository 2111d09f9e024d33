import { byGateway, type Gateway } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OutcomeSignals } from './outcome-signals';

/** What became of a message so far, for whoever sent it and waits: skipped deliveries count nowhere. */
export interface SendCounts {
  readonly sent: number;
  readonly failed: number;
  /** Deliveries without an answer so far, or with one that says to try again. */
  readonly pending: number;
  readonly total: number;
}

interface Progress extends SendCounts {
  readonly gateway: Gateway;
  /** Deliveries of which no gateway said anything yet. */
  readonly unheard: number;
}

/** Follows transactional messages to the first outcome of each of their deliveries. */
@Injectable()
export class FirstOutcomes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly signals: OutcomeSignals,
  ) {}

  /** Resolves when every delivery of these messages has had its first outcome, or `waitMs` are over. */
  async wait(messageIds: readonly string[], waitMs: number): Promise<Record<Gateway, SendCounts>> {
    const watch = this.signals.watch(messageIds);
    const deadline = performance.now() + waitMs;
    try {
      for (;;) {
        const progress = await this.progress(messageIds);
        const leftMs = deadline - performance.now();
        if (leftMs <= 0 || progress.every(({ unheard }) => unheard === 0)) {
          return byGateway((gateway) => countsOf(gateway, progress));
        }
        await watch.next(leftMs);
      }
    } finally {
      watch.close();
    }
  }

  private async progress(messageIds: readonly string[]): Promise<Progress[]> {
    return this.dataSource.query<Progress[]>(
      `SELECT gateway, count(*) FILTER (WHERE state = 'accepted')::int AS sent,
         count(*) FILTER (WHERE state IN ('failed', 'expired'))::int AS failed,
         count(*) FILTER (WHERE state = 'pending')::int AS pending,
         count(*) FILTER (WHERE state <> 'skipped')::int AS total,
         count(*) FILTER (WHERE state = 'pending' AND attempts = 0)::int AS unheard
       FROM deliveries WHERE message_id = ANY ($1::uuid[]) GROUP BY gateway`,
      [messageIds],
    );
  }
}

function countsOf(gateway: Gateway, progress: readonly Progress[]): SendCounts {
  const found = progress.find((row) => row.gateway === gateway);
  const { sent, failed, pending, total } = found ?? { sent: 0, failed: 0, pending: 0, total: 0 };
  return { sent, failed, pending, total };
}
