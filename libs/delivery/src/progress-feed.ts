import { Clock } from '@app/core';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { MessageState } from './message.entity';
import type { DeliveryCounts } from './messages';

/** How far the sending of a message is. */
export interface Progress {
  readonly state: MessageState;
  readonly counts: DeliveryCounts;
  /** Deliveries that got their final state in each second of the last few; 0 while there were none. */
  readonly perSecond: number;
  /** When nothing will be pending if it goes on like this; null when it does not go on. */
  readonly estimatedEndAt: Date | null;
}

/** How often the database is asked, for all that is followed in this process at once. */
const lookEveryMs = 500;

/** The rate is taken over this long: shorter jumps, longer does not notice a pause. */
const rateOverMs = 5_000;

interface Sample {
  readonly at: number;
  readonly done: number;
}

interface Followed {
  readonly followers: Set<Follower>;
  samples: Sample[];
  latest: Progress | undefined;
}

type Row = DeliveryCounts & { readonly id: string; readonly state: MessageState };

/**
 * Tells how messages progress, whichever processes send them: the database knows. Each follower gets what changed since
 * it last asked, so that a slow one misses steps instead of piling them up.
 */
@Injectable()
export class ProgressFeed implements OnApplicationShutdown {
  private readonly logger = new Logger(ProgressFeed.name);
  private readonly followed = new Map<string, Followed>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** The present state at once, then every change, until the last delivery has its final state. */
  follow(messageId: string): AsyncIterableIterator<Progress> {
    const followed = this.followed.get(messageId) ?? {
      followers: new Set(),
      samples: [],
      latest: undefined,
    };
    this.followed.set(messageId, followed);
    const follower = new Follower(followed.latest, () => {
      followed.followers.delete(follower);
      if (followed.followers.size === 0) this.followed.delete(messageId);
    });
    followed.followers.add(follower);
    this.timer ??= setTimeout(() => void this.look(), 0);
    return follower;
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    for (const { followers } of this.followed.values()) {
      for (const follower of [...followers]) follower.end();
    }
  }

  private async look(): Promise<void> {
    try {
      const rows = await this.dataSource.query<Row[]>(progressStatement, [
        [...this.followed.keys()],
      ]);
      const found = new Map(rows.map((row) => [row.id, row]));
      for (const [id, followed] of [...this.followed]) this.tell(followed, found.get(id));
    } catch (error) {
      this.logger.warn(`Progress is not known for the moment: ${String(error)}`);
    }
    this.timer =
      this.followed.size > 0 ? setTimeout(() => void this.look(), lookEveryMs) : undefined;
  }

  private tell(followed: Followed, row: Row | undefined): void {
    const followers = [...followed.followers];
    if (row !== undefined) {
      const { state, total, pending, accepted, failed, skipped, expired } = row;
      const counts = { total, pending, accepted, failed, skipped, expired };
      const perSecond = this.rateOf(followed, counts.total - counts.pending);
      const progress = {
        state,
        counts,
        perSecond,
        estimatedEndAt: this.endOf(state, counts, perSecond),
      };
      if (JSON.stringify(progress) !== JSON.stringify(followed.latest)) {
        followed.latest = progress;
        for (const follower of followers) follower.tell(progress);
      }
    }
    const isOver =
      row === undefined ||
      row.state === 'completed' ||
      (row.state === 'cancelled' && row.pending === 0);
    if (isOver) for (const follower of followers) follower.end();
  }

  private rateOf(followed: Followed, done: number): number {
    const at = performance.now();
    followed.samples = [
      ...followed.samples.filter((sample) => sample.at > at - rateOverMs),
      { at, done },
    ];
    const [first] = followed.samples;
    if (first === undefined || first.at === at) return 0;
    return Math.max(0, Math.round(((done - first.done) * 1000) / (at - first.at)));
  }

  private endOf(state: MessageState, { pending }: DeliveryCounts, perSecond: number): Date | null {
    if (state !== 'running' || pending === 0 || perSecond === 0) return null;
    const seconds = Math.ceil(pending / perSecond);
    return new Date(this.clock.now().getTime() + seconds * 1000);
  }
}

/** The latest progress, once. */
class Follower implements AsyncIterableIterator<Progress> {
  private waiting: ((result: IteratorResult<Progress>) => void)[] = [];
  private hasEnded = false;

  constructor(
    private news: Progress | undefined,
    private readonly onEnd: () => void,
  ) {}

  tell(progress: Progress): void {
    const next = this.waiting.shift();
    if (next === undefined) this.news = progress;
    else next({ done: false, value: progress });
  }

  /** What was told and not yet read is still read. */
  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.onEnd();
    for (const next of this.waiting.splice(0)) next({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Progress>> {
    const { news } = this;
    this.news = undefined;
    if (news !== undefined) return Promise.resolve({ done: false, value: news });
    if (this.hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Progress>> {
    this.news = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const progressStatement = `
  SELECT messages.id, state, coalesce(sum(size), 0)::int AS total,
    coalesce(sum(size - accepted - failed - skipped - expired), 0)::int AS pending,
    coalesce(sum(accepted), 0)::int AS accepted, coalesce(sum(failed), 0)::int AS failed,
    coalesce(sum(skipped), 0)::int AS skipped, coalesce(sum(expired), 0)::int AS expired
  FROM messages LEFT JOIN (
    SELECT message_id, size, accepted, failed, skipped, expired FROM chunks WHERE message_id = ANY ($1::uuid[])
  ) AS chunk ON message_id = messages.id
  WHERE messages.id = ANY ($1::uuid[]) GROUP BY messages.id`;
