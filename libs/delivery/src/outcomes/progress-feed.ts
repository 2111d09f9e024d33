import { Clock } from '@app/core';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Lanes, type PacedLane } from '../lanes/lanes';
import { type DeliveryCounts, sqlCounts } from '../messages/delivery-counts';
import type { MessageState } from '../messages/message.entity';
import { Latest } from './latest';

/** The progress of sending a message. */
export interface Progress {
  readonly messageId: string;
  readonly state: MessageState;
  readonly counts: DeliveryCounts;
  /** How many deliveries got their final state in each second of the last few; 0 while there were none. */
  readonly perSecond: number;
  /** When nothing will be pending if the sending goes on like this; null when it does not go on. */
  readonly estimatedEndAt: Date | null;
  /** The application's ways to the gateways, APNs first. */
  readonly lanes: readonly PacedLane[];
}

/** How often the database is asked, for all that is followed in this process at once. */
const lookEveryMs = 500;

/** The time over which the rate is taken: a shorter one jumps, a longer one does not notice a pause. */
const rateOverMs = 5_000;

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

interface Followed {
  readonly followers: Set<Latest<Progress>>;
  samples: Sample[];
  latest: Progress | undefined;
}

type Row = DeliveryCounts & {
  readonly id: string;
  readonly applicationId: number;
  readonly state: MessageState;
};

/**
 * Tells how messages progress, whichever processes send them: the database knows. One statement looks for all followers
 * of this process, and while there are none nobody looks. Nobody's permission is asked here, as with `Messages`.
 */
@Injectable()
export class ProgressFeed implements OnModuleDestroy {
  private readonly logger = new Logger(ProgressFeed.name);
  private readonly followed = new Map<string, Followed>();
  private readonly looks = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly lanes: Lanes,
    private readonly clock: Clock,
  ) {}

  /** Iterates over the present state at once, then over every change, until the last delivery has its final state. */
  follow(messageId: string): AsyncIterableIterator<Progress> {
    const followed = this.followed.get(messageId) ?? this.begin(messageId);
    const follower = new Latest(followed.latest, () => {
      followed.followers.delete(follower);
      if (followed.followers.size === 0) this.stop(messageId);
    });
    followed.followers.add(follower);
    return follower;
  }

  /** Ends all followers before the database goes. */
  async onModuleDestroy(): Promise<void> {
    for (const { followers } of [...this.followed.values()]) {
      for (const follower of [...followers]) follower.end();
    }
    await Promise.all(this.looks);
  }

  private begin(messageId: string): Followed {
    const followed: Followed = { followers: new Set(), samples: [], latest: undefined };
    this.followed.set(messageId, followed);
    this.look([messageId]);
    this.timer ??= setInterval(() => {
      if (this.looks.size === 0) this.look([...this.followed.keys()]);
    }, lookEveryMs);
    return followed;
  }

  private stop(messageId: string): void {
    this.followed.delete(messageId);
    if (this.followed.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(ids: readonly string[]): void {
    const look = this.lookAt(ids)
      .catch((error: unknown) => {
        this.logger.warn(`Progress is not known for the moment: ${String(error)}`);
      })
      .finally(() => this.looks.delete(look));
    this.looks.add(look);
  }

  private async lookAt(ids: readonly string[]): Promise<void> {
    const rows = await this.dataSource.query<Row[]>(progressStatement, [ids]);
    const lanes = await this.lanes.used(rows.map(({ applicationId }) => applicationId));
    for (const id of ids) {
      const row = rows.find((found) => found.id === id);
      const own = lanes.filter(({ applicationId }) => applicationId === row?.applicationId);
      this.tell(id, row, own);
    }
  }

  private tell(messageId: string, row: Row | undefined, lanes: PacedLane[]): void {
    const followed = this.followed.get(messageId);
    if (followed === undefined) return; // nobody waits for it any more
    const followers = [...followed.followers];
    if (row !== undefined) {
      const progress = this.progressOf(followed, row, lanes);
      const hasChanged = this.signOf(progress) !== this.signOf(followed.latest);
      followed.latest = progress;
      if (hasChanged) for (const follower of followers) follower.tell(progress);
    }
    if (row === undefined || isOver({ state: row.state, counts: row }))
      for (const follower of followers) follower.end();
  }

  private progressOf(followed: Followed, row: Row, lanes: PacedLane[]): Progress {
    const { id: messageId, state, total, pending, accepted, failed, skipped, expired } = row;
    const perSecond = rateOf(followed, total - pending);
    const seconds = perSecond === 0 ? 0 : Math.ceil(pending / perSecond);
    return {
      messageId,
      state,
      counts: { total, pending, accepted, failed, skipped, expired },
      perSecond,
      estimatedEndAt:
        state === 'running' && seconds > 0
          ? new Date(this.clock.now().getTime() + seconds * 1000)
          : null,
      lanes,
    };
  }

  /** Returns the part worth telling. A lane also says, with every lease, when its next one falls due. */
  private signOf(progress: Progress | undefined): string {
    if (progress === undefined) return '';
    const now = this.clock.now();
    const { lanes, ...rest } = progress;
    const ways = lanes.map(({ gateway, pausedUntil, openVersion, openReason }) => [
      gateway,
      pausedUntil > now && pausedUntil,
      openVersion,
      openReason,
    ]);
    return JSON.stringify([rest, ways]);
  }
}

function rateOf(followed: Followed, done: number): number {
  const atMs = performance.now();
  const recent = followed.samples.filter((sample) => sample.atMs > atMs - rateOverMs);
  followed.samples = [...recent, { atMs, done }];
  const [first] = recent;
  if (first === undefined) return 0;
  return Math.max(0, Math.round(((done - first.done) * 1000) / (atMs - first.atMs)));
}

/** Tells whether every delivery has its final state, and there will be no others. */
export function isOver({ state, counts }: Pick<Progress, 'state' | 'counts'>): boolean {
  return state === 'completed' || (state === 'cancelled' && counts.pending === 0);
}

const progressStatement = `
  SELECT messages.id, application_id AS "applicationId", state, ${sqlCounts}
  FROM messages LEFT JOIN (
    SELECT message_id, size, accepted, failed, skipped, expired FROM chunks WHERE message_id = ANY ($1::uuid[])
  ) AS chunk ON message_id = messages.id
  WHERE messages.id = ANY ($1::uuid[]) GROUP BY messages.id`;
