import type { Logger } from '@nestjs/common';

/** Work of which much comes at the same time. */
export interface GatheredWork<Item, Answer> {
  /** What the log calls the items, e.g. `registrations`. */
  readonly name: string;
  /** How many go together at most; of a larger one nothing else does. */
  readonly largest: number;
  /** Returns for how many an item counts; without it each is one. */
  readonly sizeOf?: (item: Item) => number;
  /** Returns the queue of an item: those of another neither wait for it nor go with it. Without it there is one queue. */
  readonly queueOf?: (item: Item) => unknown;
  /** Returns what no two that go together have in common. Without it any do, and be they the same. */
  readonly keyOf?: (item: Item) => unknown;
  /** Does several at once, all or none. @returns the answers in the order of the items */
  together(items: readonly Item[]): Promise<readonly Answer[]>;
  /** Does one: the only one that is there, or each of those that failed together. */
  alone(item: Item): Promise<Answer>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Promise<Answer>) => void;
}

interface Queue<Item, Answer> {
  waiting: Waiting<Item, Answer>[];
  /** The batches under way, in the order in which they began. */
  readonly underWay: Set<{ readonly begunAt: number }>;
  /** Keeps the next batch from being started, which is so by and by. */
  cancelNext: (() => void) | undefined;
}

const newQueue = <Item, Answer>(): Queue<Item, Answer> => ({
  waiting: [],
  underWay: new Set(),
  cancelNext: undefined,
});

/** The batches of a queue at once: a second one begins when the first takes long, as one does that waits for a lock. */
const mostUnderWay = 2;
const patienceMs = 25;

/**
 * Does together what comes at the same time: what one turn of the event loop brings, and in a busy process what came while
 * others were done. One that comes alone waits for no other.
 */
export class Gathering<Item, Answer> {
  private readonly queues = new Map<unknown, Queue<Item, Answer>>();

  constructor(
    private readonly work: GatheredWork<Item, Answer>,
    private readonly logger: Logger,
  ) {}

  /** @throws what the item alone fails with */
  do(item: Item): Promise<Answer> {
    const name = this.work.queueOf?.(item);
    const queue = this.queues.get(name) ?? newQueue<Item, Answer>();
    this.queues.set(name, queue);
    return new Promise((resolve) => {
      queue.waiting.push({ item, resolve });
      this.schedule(name, queue);
    });
  }

  /** Sees to it that those who wait are done by and by. */
  private schedule(name: unknown, queue: Queue<Item, Answer>): void {
    const { waiting, underWay, cancelNext } = queue;
    if (waiting.length === 0 || underWay.size >= mostUnderWay || cancelNext !== undefined) return;
    const start = () => {
      this.start(name, queue);
    };
    const [oldest] = underWay;
    if (oldest === undefined) {
      const turn = setImmediate(start);
      queue.cancelNext = () => {
        clearImmediate(turn);
      };
    } else {
      const timer = setTimeout(start, oldest.begunAt + patienceMs - performance.now());
      queue.cancelNext = () => {
        clearTimeout(timer);
      };
    }
  }

  private start(name: unknown, queue: Queue<Item, Answer>): void {
    queue.cancelNext?.();
    queue.cancelNext = undefined;
    const batch = { begunAt: performance.now() };
    queue.underWay.add(batch);
    void this.doBatch(this.nextOf(queue)).finally(() => {
      queue.underWay.delete(batch);
      if (queue.underWay.size > 0) this.schedule(name, queue);
      else if (queue.waiting.length > 0) this.start(name, queue);
      else this.queues.delete(name);
    });
    this.schedule(name, queue);
  }

  /** Takes those that came first, without two of one key. */
  private nextOf(queue: Queue<Item, Answer>): Waiting<Item, Answer>[] {
    const { largest, sizeOf = () => 1, keyOf = () => ({}) } = this.work;
    const batch = new Map<unknown, Waiting<Item, Answer>>();
    const later: Waiting<Item, Answer>[] = [];
    let room = largest;
    for (const [place, one] of queue.waiting.entries()) {
      const key = keyOf(one.item);
      if (batch.has(key)) {
        later.push(one);
        continue;
      }
      room -= sizeOf(one.item);
      if (room < 0 && batch.size > 0) {
        later.push(...queue.waiting.slice(place));
        break;
      }
      batch.set(key, one);
    }
    queue.waiting = later;
    return [...batch.values()];
  }

  /** Never rejects. */
  private async doBatch(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const together = batch.length === 1 ? undefined : await this.together(batch);
    const answers = batch.map(({ item, resolve }, place) => {
      const answer =
        together === undefined ? this.work.alone(item) : Promise.resolve(together[place] as Answer);
      resolve(answer);
      return answer;
    });
    await Promise.allSettled(answers);
  }

  /**
   * @returns undefined when it failed, e.g. because others lock the same rows in another order: then each is done by
   * itself, and an error concerns only its own
   */
  private async together(
    batch: readonly Waiting<Item, Answer>[],
  ): Promise<readonly Answer[] | undefined> {
    try {
      return await this.work.together(batch.map(({ item }) => item));
    } catch (error) {
      this.logger.warn(
        `${batch.length} ${this.work.name} go one by one: ${(error as Error).message}`,
      );
      return undefined;
    }
  }
}
