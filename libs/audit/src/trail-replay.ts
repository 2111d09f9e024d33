import type { KeyObject } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { AuditTamperedError } from './audit-tampered.error';
import { chainOf, linkHash, noHash, type StoredEvent } from './canonical-event';
import {
  type Base,
  type Checkpoint,
  hashOfStatement,
  openStatement,
  type SignedHead,
} from './signed-statement';
import {
  checkpointsAfter,
  eventsAfter,
  type Link,
  linksAfter,
  type StoredCheckpoint,
} from './trail-rows';

/** A chain, as far as it was followed. */
interface Head {
  readonly length: number;
  readonly hash: Buffer;
  /** The event that it ends with. */
  readonly eventId: string;
  /** The hash of the event before that one. */
  readonly before: Buffer;
}

/** What was found in order. */
export interface Replayed {
  /** How many events were compared with their links. */
  readonly events: number;
  /** The events among them that no checkpoint stands for yet, and when the first of them happened. */
  readonly unsigned: number;
  readonly unsignedSince: Date | undefined;
  /** The last checkpoint that stands for none but them; 0 and null where there was none. */
  readonly checkpoint: number;
  readonly checkpointHash: string | null;
  readonly heads: readonly SignedHead[];
}

/**
 * Follows the trail from where it was last cut off, and compares each event with its link and each checkpoint with the
 * chains. It keeps the heads of the chains in memory, and no events.
 */
export class TrailReplay {
  private readonly heads = new Map<number, Head>();
  /** The chains that grew since the last checkpoint. */
  private readonly grown = new Set<number>();
  private checkpoint = 0;
  private checkpointHash: string | null = null;
  private lastId = '0';
  private unsigned = 0;
  private unsignedSince: Date | undefined;
  private events = 0;

  private constructor(
    private readonly manager: EntityManager,
    private readonly keys: ReadonlyMap<string, KeyObject>,
  ) {}

  /**
   * Follows the trail.
   * @param manager of a transaction, so that all is read as of one moment or nothing of it changes meanwhile
   * @param until the last event to look at; all that are linked when absent
   * @throws AuditTamperedError
   */
  static async run(
    manager: EntityManager,
    keys: ReadonlyMap<string, KeyObject>,
    until?: string,
  ): Promise<Replayed> {
    const replay = new TrailReplay(manager, keys);
    const base = await replay.begin();
    await replay.follow(base, until === undefined ? undefined : BigInt(until));
    if (until === undefined) await replay.compareHeads();
    return replay.result();
  }

  /** Goes on from where the retention cut. @returns the id of the last event that was forgotten */
  private async begin(): Promise<string> {
    const [stored] = await this.manager.query<{ up_to: string; jws: string }[]>(
      'SELECT up_to::text, jws FROM audit_bases ORDER BY audit_bases.up_to DESC LIMIT 1',
    );
    if (stored === undefined) return '0';
    const base = openStatement('base', stored.jws, this.keys);
    if (base?.upTo !== stored.up_to) {
      throw new AuditTamperedError(
        `What stands for the events up to ${stored.up_to} is signed by no key of ours`,
      );
    }
    await this.assertForgotten(base);
    for (const [chain, length, hash] of base.heads) {
      const bytes = Buffer.from(hash, 'hex');
      this.heads.set(chain, { length, hash: bytes, eventId: base.upTo, before: noHash });
    }
    this.checkpoint = base.checkpoint;
    this.checkpointHash = base.checkpointHash;
    this.lastId = base.upTo;
    return base.upTo;
  }

  /** What is still there of what was cut off is old; something new among it was put there. */
  private async assertForgotten({ upTo, before }: Base): Promise<void> {
    const [late] = await this.manager.query<{ id: string }[]>(
      'SELECT id::text FROM audit_events WHERE id <= $1 AND at >= $2 ORDER BY audit_events.id LIMIT 1',
      [upTo, before],
    );
    if (late !== undefined) throw new AuditTamperedError(`Event ${late.id} was put in between`);
  }

  private async follow(base: string, until: bigint | undefined): Promise<void> {
    // From the very first id that there may be, so that none is before the beginning.
    const from = base === '0' ? '-9223372036854775808' : base;
    const events = eventsAfter(from, this.manager);
    const checkpoints = checkpointsAfter(this.checkpoint, this.manager);
    let event = await nextOf(events);
    let checkpoint = await nextOf(checkpoints);
    const passCheckpoints = async (before: bigint | undefined) => {
      while (checkpoint !== undefined && (before === undefined || checkpoint.upTo < before)) {
        this.compareCheckpoint(checkpoint);
        checkpoint = await nextOf(checkpoints);
      }
    };
    for await (const link of linksAfter(base, this.manager)) {
      if (until !== undefined && link.id > until) break;
      if (checkpoint !== undefined && checkpoint.upTo < link.id) await passCheckpoints(link.id);
      if (event !== undefined && BigInt(event.id) < link.id) {
        throw new AuditTamperedError(`Event ${event.id} was put in between`);
      }
      if (event === undefined || BigInt(event.id) > link.id) {
        throw new AuditTamperedError(`Event ${link.id} was removed`);
      }
      this.compare(event, link);
      event = await nextOf(events);
    }
    await passCheckpoints(until === undefined ? undefined : until + 1n);
  }

  private compare(event: StoredEvent, { chain, hash }: Link): void {
    const head = this.heads.get(chain);
    const hasForm = chain === chainOf(event);
    if (!hasForm || !linkHash(head?.hash ?? noHash, event).equals(hash)) {
      // Where the event stands on the one before the last, the last one was put in with a link of its own.
      if (head !== undefined && hasForm && linkHash(head.before, event).equals(hash)) {
        throw new AuditTamperedError(`Event ${head.eventId} was put in between`);
      }
      const last = head === undefined ? 'first in' : `after event ${head.eventId} of`;
      throw new AuditTamperedError(
        `Event ${event.id} was changed, or what stood before it: it is not what was linked ${last} chain ${chain}`,
      );
    }
    this.heads.set(chain, {
      length: (head?.length ?? 0) + 1,
      hash,
      eventId: event.id,
      before: head?.hash ?? noHash,
    });
    this.grown.add(chain);
    this.lastId = event.id;
    this.events += 1;
    this.unsigned += 1;
    this.unsignedSince ??= new Date(Number(event.at) / 1000);
  }

  private compareCheckpoint({ number, upTo, jws }: StoredCheckpoint): void {
    const expected = this.checkpoint + 1;
    const stated = openStatement('checkpoint', jws, this.keys);
    if (number !== expected) {
      throw new AuditTamperedError(`Checkpoint ${expected} was removed`);
    }
    if (stated === undefined) {
      throw new AuditTamperedError(`Checkpoint ${number} is forged: no key of ours signed it so`);
    }
    this.assertStatement(stated, number, upTo);
    this.checkpoint = expected;
    this.checkpointHash = hashOfStatement(jws);
    this.grown.clear();
    this.unsigned = 0;
    this.unsignedSince = undefined;
  }

  private assertStatement(stated: Checkpoint, number: number, upTo: bigint): void {
    const isInPlace =
      stated.number === number &&
      BigInt(stated.upTo) === upTo &&
      stated.previous === this.checkpointHash;
    if (!isInPlace) {
      throw new AuditTamperedError(`Checkpoint ${number} is not the one that stood there`);
    }
    if (upTo > BigInt(this.lastId)) {
      throw new AuditTamperedError(`Event ${stated.upTo} was removed, with its link`);
    }
    const signed = new Map(stated.heads.map(([chain, ...head]) => [chain, head]));
    for (const chain of new Set([...this.grown, ...signed.keys()])) {
      const head = this.heads.get(chain);
      const [length, hash] = signed.get(chain) ?? [];
      if (head === undefined || length !== head.length || hash !== head.hash.toString('hex')) {
        throw new AuditTamperedError(
          `An event of chain ${chain} up to event ${stated.upTo} was changed, removed or put in with its links: checkpoint ${number} stands for other ones`,
        );
      }
    }
  }

  /** The heads are where the next links go on: they tell what was taken from the end with its links. */
  private async compareHeads(): Promise<void> {
    const heads = await this.manager.query<{ chain: number; event_id: string; hash: Buffer }[]>(
      'SELECT chain, event_id::text, hash FROM audit_heads ORDER BY audit_heads.event_id, chain',
    );
    for (const { chain, event_id, hash } of heads) {
      const head = this.heads.get(chain);
      if (head?.hash.equals(hash) === true) continue;
      const more = head !== undefined && BigInt(head.eventId) > BigInt(event_id);
      throw new AuditTamperedError(
        more
          ? `Event ${head.eventId} was put in between, with its link`
          : `Event ${event_id} was changed or removed with its link: chain ${chain} does not end with it`,
      );
    }
    const known = new Set(heads.map(({ chain }) => chain));
    const [other] = [...this.heads].filter(([chain]) => !known.has(chain));
    if (other === undefined) return;
    throw new AuditTamperedError(`Event ${other[1].eventId} was put in between, with its link`);
  }

  private result(): Replayed {
    return {
      events: this.events,
      unsigned: this.unsigned,
      unsignedSince: this.unsignedSince,
      checkpoint: this.checkpoint,
      checkpointHash: this.checkpointHash,
      heads: [...this.heads]
        .map(([chain, { length, hash }]): SignedHead => [chain, length, hash.toString('hex')])
        .toSorted(([one], [other]) => one - other),
    };
  }
}

async function nextOf<Item>(items: AsyncGenerator<Item, void>): Promise<Item | undefined> {
  const next = await items.next();
  return next.done === true ? undefined : next.value;
}
