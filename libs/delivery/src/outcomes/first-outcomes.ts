import { byGateway, type Gateway, Gathering, listsBy, preparedQuery } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
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
  readonly messageId: string;
  readonly gateway: Gateway;
  /** Deliveries of which no gateway said anything yet. */
  readonly unheard: number;
}

/** How many messages one look is for. */
const lookedAtOnce = 1_000;

/** Follows transactional messages to the first outcome of each of their deliveries. */
@Injectable()
export class FirstOutcomes {
  /** Looks together for all who would look at the same time. */
  private readonly looks = new Gathering<readonly string[], readonly Progress[]>(
    {
      name: 'looks at outcomes',
      largest: lookedAtOnce,
      sizeOf: (messageIds) => messageIds.length,
      together: async (lists) => {
        const ids = lists.flat();
        const found = listsBy(ids, await this.look(ids), (row) => [row.messageId, row]);
        return lists.map((messageIds) => messageIds.flatMap((id) => found.get(id) ?? []));
      },
      alone: (messageIds) => this.look(messageIds),
    },
    new Logger(FirstOutcomes.name),
  );

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
        const progress = await this.looks.do(messageIds);
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

  private async look(messageIds: readonly string[]): Promise<Progress[]> {
    return preparedQuery<Progress>(
      this.dataSource.manager,
      `SELECT message_id AS "messageId", gateway, count(*) FILTER (WHERE state = 'accepted')::int AS sent,
         count(*) FILTER (WHERE state IN ('failed', 'expired'))::int AS failed,
         count(*) FILTER (WHERE state = 'pending')::int AS pending,
         count(*) FILTER (WHERE state <> 'skipped')::int AS total,
         count(*) FILTER (WHERE state = 'pending' AND attempts = 0)::int AS unheard
       FROM deliveries WHERE message_id = ANY ($1::uuid[]) GROUP BY 1, 2`,
      [messageIds],
    );
  }
}

/** Adds up what became of messages on their way to one gateway. */
function countsOf(gateway: Gateway, progress: readonly Progress[]): SendCounts {
  const rows = progress.filter((row) => row.gateway === gateway);
  const sumOf = (what: keyof SendCounts) => rows.reduce((sum, row) => sum + row[what], 0);
  return {
    sent: sumOf('sent'),
    failed: sumOf('failed'),
    pending: sumOf('pending'),
    total: sumOf('total'),
  };
}
