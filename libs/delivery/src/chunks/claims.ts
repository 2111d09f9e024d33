import type { Gateway } from '@app/core';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** The name of a chunk. */
export interface ChunkRef {
  readonly messageId: string;
  readonly gateway: Gateway;
  readonly number: number;
}

/** A chunk that this process works on. */
export interface ClaimedChunk extends ChunkRef {
  /** The pass that holds the claim. */
  readonly owner: string;
  readonly applicationId: number;
  /** Whether an earlier pass may have sent what is pending. */
  readonly inDoubt: boolean;
  readonly firstSeq: number;
  readonly size: number;
  /** Whether the last pass failed by a fault of ours. */
  readonly faulted: boolean;
}

/** How long a claim stands after its worker's last sign of life; then the chunk is another's. */
export const claimFor = "interval '10 seconds'";

/** How long a claim stands for certain after it was asked for, on a stopwatch that runs a little fast or slow. */
const heldForMs = 9_500;
const renewEveryMs = 3_000;

interface Claim {
  readonly chunk: ClaimedChunk;
  /** When the claim ends on this process's stopwatch, a little before it lapses. */
  readonly heldUntilMs: number;
}

/** Knows the chunks that this process works on, and keeps them its own. */
@Injectable()
export class Claims implements OnApplicationShutdown {
  private readonly logger = new Logger(Claims.name);
  /** The claims by their owners. */
  private readonly claims = new Map<string, Claim>();
  private renewal: NodeJS.Timeout | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /** Notes a claim, and renews it from now on. @param askedAtMs when it was asked for, by `performance.now()` */
  hold(chunk: ClaimedChunk, askedAtMs: number): void {
    this.claims.set(chunk.owner, { chunk, heldUntilMs: askedAtMs + heldForMs });
    this.renewal ??= setInterval(() => {
      void this.renew();
    }, renewEveryMs);
  }

  /** Tells whether a claim still stands: another may have the chunk if we were away too long, or the database was. */
  isHeld({ owner }: ClaimedChunk): boolean {
    const held = this.claims.get(owner);
    return held !== undefined && performance.now() < held.heldUntilMs;
  }

  /** Forgets a claim that is over; somebody else gives the chunk back. */
  forget({ owner }: ClaimedChunk): void {
    this.claims.delete(owner);
  }

  onApplicationShutdown(): void {
    clearInterval(this.renewal);
  }

  private async renew(): Promise<void> {
    const claims = [...this.claims.values()].map(({ chunk }) => chunk);
    if (claims.length === 0) return;
    const heldUntilMs = performance.now() + heldForMs;
    try {
      const [rows] = await this.dataSource.query<[{ owner: string }[], number]>(
        `UPDATE chunks SET wake_at = now() + ${claimFor}
         FROM unnest($1::uuid[], $2::uuid[], $3::gateway[], $4::int[]) AS held (owner, message_id, gateway, number)
         WHERE chunks.message_id = held.message_id AND chunks.gateway = held.gateway
           AND chunks.number = held.number AND chunks.owner = held.owner
         RETURNING chunks.owner`,
        [
          claims.map((held) => held.owner),
          claims.map((held) => held.messageId),
          claims.map((held) => held.gateway),
          claims.map((held) => held.number),
        ],
      );
      const renewed = new Set(rows.map(({ owner }) => owner));
      for (const chunk of claims) {
        const { owner } = chunk;
        if (!renewed.has(owner)) this.claims.delete(owner);
        else if (this.claims.has(owner)) this.claims.set(owner, { chunk, heldUntilMs });
      }
    } catch (error) {
      this.logger.warn(`Claims on ${claims.length} chunks not renewed: ${String(error)}`);
    }
  }
}
