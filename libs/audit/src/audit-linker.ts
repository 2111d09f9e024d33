import { Clock, tryLock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditKeys } from './audit-keys';
import { chainOf, linkHash, noHash, type StoredEvent, storedEvent } from './canonical-event';
import {
  type Checkpoint,
  hashOfStatement,
  openStatement,
  type SignedHead,
  signStatement,
} from './signed-statement';

/** The number of events that one statement links. */
const batchSize = 5_000;

/** How long linked events may be without a checkpoint that stands for them, while others keep coming. */
const checkpointEveryMs = 60_000;

/** Selects the id of the last event that is linked, or was when it was forgotten. */
export const lastLinked = `greatest(
  (SELECT last_id FROM audit_links ORDER BY first_id DESC LIMIT 1), (SELECT max(up_to) FROM audit_bases), 0)`;

/**
 * Links what others have recorded, a moment later: a link that each event made itself would let one writer of a chain
 * wait for the other. Any number of processes may call it; one works.
 */
@Injectable()
export class AuditLinker {
  /** Events up to an id that wait until transactions are over that may still commit lower ones. */
  private pending: { readonly upTo: string; readonly fence: string } | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly keys: AuditKeys,
  ) {}

  /** Links the events that nothing can come before any more, and signs from time to time. @returns how many were linked */
  async link(): Promise<number> {
    const upTo = await this.settled();
    let linked = 0;
    for (let batch = batchSize; upTo !== undefined && batch === batchSize;) {
      batch = await this.alone(async (manager) => this.linkBatch(upTo, manager), 0);
      linked += batch;
    }
    await this.alone(async (manager) => this.sign(manager), undefined);
    return linked;
  }

  /**
   * Finds up to which id all events are there that ever will be. An id is taken by a transaction that has its number
   * already: once those with lower numbers than one taken now are over, no id before the newest is still to come.
   */
  private async settled(): Promise<string | undefined> {
    if (this.pending === undefined) {
      const [{ newest, linked }] = await this.dataSource.query<
        [{ newest: string | null; linked: string }]
      >(`SELECT max(id)::text AS newest, ${lastLinked}::text AS linked FROM audit_events`);
      if (newest === null || BigInt(newest) <= BigInt(linked)) return undefined;
      const [{ fence }] = await this.dataSource.query<[{ fence: string }]>(
        'SELECT pg_current_xact_id()::text AS fence',
      );
      this.pending = { upTo: newest, fence };
    }
    const { upTo, fence } = this.pending;
    const [{ over }] = await this.dataSource.query<[{ over: boolean }]>(
      'SELECT pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 AS over',
      [fence],
    );
    if (!over) return undefined;
    this.pending = undefined;
    return upTo;
  }

  /** @returns what `work` does, or `otherwise` while another process is at it */
  private async alone<Result>(
    work: (manager: EntityManager) => Promise<Result>,
    otherwise: Result,
  ): Promise<Result> {
    return this.dataSource.transaction(async (manager) =>
      (await tryLock('audit trail', manager)) ? work(manager) : otherwise,
    );
  }

  private async linkBatch(upTo: string, manager: EntityManager): Promise<number> {
    const events = await manager.query<StoredEvent[]>(
      `SELECT ${storedEvent} FROM audit_events WHERE id > ${lastLinked} AND id <= $1 ORDER BY audit_events.id LIMIT $2`,
      [upTo, batchSize],
    );
    if (events.length === 0) return 0;
    const chains = events.map(chainOf);
    const known = await manager.query<{ chain: number; hash: Buffer }[]>(
      'SELECT chain, hash FROM audit_heads WHERE chain = ANY ($1)',
      [[...new Set(chains)]],
    );
    const heads = new Map(known.map(({ chain, hash }) => [chain, hash]));
    const hashes = events.map((event) => {
      const chain = chainOf(event);
      const hash = linkHash(heads.get(chain) ?? noHash, event);
      heads.set(chain, hash);
      return hash;
    });
    await manager.query('SELECT link_audit_events($1, $2, $3)', [
      events.map(({ id }) => id),
      chains,
      hashes,
    ]);
    return events.length;
  }

  private async sign(manager: EntityManager): Promise<void> {
    const [last] = await manager.query<{ number: string; up_to: string; jws: string }[]>(
      'SELECT number, up_to::text, jws FROM audit_checkpoints ORDER BY number DESC LIMIT 1',
    );
    const heads = await manager.query<{ chain: number; length: string; hash: string }[]>(
      `SELECT chain, length::text, encode(hash, 'hex') AS hash FROM audit_heads WHERE event_id > $1 ORDER BY chain`,
      [last?.up_to ?? 0],
    );
    if (heads.length === 0) return;
    const nowMs = this.clock.now().getTime();
    const before = last && openStatement('checkpoint', last.jws, await this.keys.trusted(manager));
    // A clock that was set back must not end it for long.
    if (before !== undefined && Math.abs(nowMs - before.iat * 1000) < checkpointEveryMs) return;
    const [{ linked }] = await manager.query<[{ linked: string }]>(
      `SELECT ${lastLinked}::text AS linked`,
    );
    const checkpoint: Checkpoint = {
      number: Number(last?.number ?? 0) + 1,
      previous: last === undefined ? null : hashOfStatement(last.jws),
      iat: Math.floor(nowMs / 1000),
      upTo: linked,
      heads: heads.map(({ chain, length, hash }): SignedHead => [chain, Number(length), hash]),
    };
    const jws = await signStatement('checkpoint', checkpoint, await this.keys.signer(manager));
    await manager.query('INSERT INTO audit_checkpoints (number, up_to, jws) VALUES ($1, $2, $3)', [
      checkpoint.number,
      linked,
      jws,
    ]);
  }
}
