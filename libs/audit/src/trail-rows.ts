import type { EntityManager } from 'typeorm';
import { type StoredEvent, storedEvent } from './canonical-event';
import { AuditTamperedError } from './audit-tampered.error';

/** How many rows are read at once. */
const batchSize = 2_000;

/** Link lists are of up to thousands of events each. */
const listsAtOnce = 50;

export interface Link {
  readonly id: bigint;
  readonly chain: number;
  readonly hash: Buffer;
}

/** A checkpoint as it stands in the database. */
export interface StoredCheckpoint {
  readonly number: number;
  readonly upTo: bigint;
  readonly jws: string;
}

interface LinkList {
  readonly first_id: string;
  readonly last_id: string;
  readonly event_ids: readonly string[];
  readonly chains: readonly number[];
  readonly hashes: readonly Buffer[];
}

/** Reads the events after an id, by their ids. */
export async function* eventsAfter(
  after: string,
  manager: EntityManager,
): AsyncGenerator<StoredEvent, void> {
  for (let last: string | undefined = after; last !== undefined;) {
    const events: StoredEvent[] = await manager.query<StoredEvent[]>(
      `SELECT ${storedEvent} FROM audit_events WHERE id > $1 ORDER BY audit_events.id LIMIT $2`,
      [last, batchSize],
    );
    yield* events;
    last = events.length < batchSize ? undefined : events.at(-1)?.id;
  }
}

/** Reads the links of events after an id, by those ids. @throws AuditTamperedError for lists that we never write */
export async function* linksAfter(
  after: string,
  manager: EntityManager,
): AsyncGenerator<Link, void> {
  let last = BigInt(after);
  for (;;) {
    const lists = await manager.query<LinkList[]>(
      'SELECT * FROM audit_links WHERE last_id > $1 ORDER BY first_id LIMIT $2',
      [String(last), listsAtOnce],
    );
    for (const list of lists) {
      for (const link of linksOf(list)) {
        // What was forgotten may be a part of the first list.
        if (link.id > last) yield link;
      }
      last = BigInt(list.last_id);
    }
    if (lists.length < listsAtOnce) return;
  }
}

function linksOf({ first_id, last_id, event_ids, chains, hashes }: LinkList): Link[] {
  const ids = event_ids.map(BigInt);
  const isWhole =
    ids.length === chains.length &&
    ids.length === hashes.length &&
    first_id === event_ids[0] &&
    last_id === event_ids.at(-1) &&
    ids.every((id, n) => n === 0 || id > (ids[n - 1] ?? id));
  if (!isWhole) {
    throw new AuditTamperedError(`The links of events ${first_id} to ${last_id} were changed`);
  }
  return ids.map((id, n) => ({ id, chain: chains[n] ?? 0, hash: hashes[n] ?? Buffer.alloc(0) }));
}

/** Reads the checkpoints after a number, by their numbers. */
export async function* checkpointsAfter(
  after: number,
  manager: EntityManager,
): AsyncGenerator<StoredCheckpoint, void> {
  for (let last: number | undefined = after; last !== undefined;) {
    const rows: { number: string; up_to: string; jws: string }[] = await manager.query<
      { number: string; up_to: string; jws: string }[]
    >(
      'SELECT number, up_to::text, jws FROM audit_checkpoints WHERE number > $1 ORDER BY number LIMIT $2',
      [last, batchSize],
    );
    const checkpoints = rows.map(({ number, up_to, jws }): StoredCheckpoint => ({
      number: Number(number),
      upTo: BigInt(up_to),
      jws,
    }));
    yield* checkpoints;
    last = rows.length < batchSize ? undefined : checkpoints.at(-1)?.number;
  }
}
