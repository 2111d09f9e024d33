import { createHash } from 'node:crypto';
import { SealedSecrets } from '@app/core';
import { Injectable, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  AnswerNotKeptError,
  IdempotencyKeyInUseError,
  IdempotencyKeyReusedError,
} from './idempotency.errors';
import type { IdempotentRequest } from './idempotent-request';

export interface Answer {
  readonly status: number;
  /** Empty where the edge says it by itself. */
  readonly contentType: string;
  readonly body: string;
}

/** The right and the duty to carry out a request: `keep` or `release` has to follow. */
export interface Claim {
  readonly caller: string;
  readonly key: string;
  /** In the database's own words; tells this claim from one that took it over. */
  readonly since: string;
}

/** A process that has not answered by then has died: its client may try anew. */
const abandonedAfter = '5 minutes';

/** How long a repeat gets the first answer. */
const keptFor = '24 hours';

/** Larger answers are not kept; a repeat is told so instead of having its effect twice. */
const largestAnswerBytes = 8 * 1024 * 1024;

interface Row {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly contentType: string | null;
  readonly answer: string | null;
}

/**
 * Remembers what requests with an Idempotency-Key were answered (draft-ietf-httpapi-idempotency-key-header). Answers
 * are sealed, for they may hold a token, and so are fingerprints, for a password could be guessed by one.
 */
@Injectable()
export class Idempotency {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /**
   * @returns the first answer, to be repeated, or a claim
   * @throws IdempotencyKeyReusedError, IdempotencyKeyInUseError, AnswerNotKeptError
   */
  async claim(request: IdempotentRequest): Promise<{ first: Answer } | { claim: Claim }> {
    const { caller, key, fingerprint } = request;
    const context = sealContext(caller, key);
    const [claimed] = await this.dataSource.query<{ since: string }[]>(
      `INSERT INTO idempotency_keys (caller, key, fingerprint) VALUES ($1, $2, $3)
       ON CONFLICT (caller, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, created_at = now(), status = NULL, content_type = NULL, answer = NULL
         WHERE idempotency_keys.created_at <= now() - CASE WHEN idempotency_keys.status IS NULL
           THEN interval '${abandonedAfter}' ELSE interval '${keptFor}' END
       RETURNING created_at::text AS since`,
      [caller, key, this.secrets.seal(fingerprint, context)],
    );
    if (claimed !== undefined) return { claim: { caller, key, since: claimed.since } };
    const [row] = await this.dataSource.query<Row[]>(
      `SELECT fingerprint, status, content_type AS "contentType", answer FROM idempotency_keys
       WHERE caller = $1 AND key = $2`,
      [caller, key],
    );
    if (row === undefined) return this.claim(request); // released meanwhile
    if (this.secrets.open(row.fingerprint, context) !== fingerprint) {
      throw new IdempotencyKeyReusedError();
    }
    if (row.status === null) throw new IdempotencyKeyInUseError();
    if (row.answer === null) throw new AnswerNotKeptError();
    const body = this.secrets.open(row.answer, context);
    return { first: { status: row.status, contentType: row.contentType ?? '', body } };
  }

  /** Nothing happens where another has taken the request over meanwhile. */
  async keep({ caller, key, since }: Claim, answer: Answer): Promise<void> {
    const { status, contentType, body } = answer;
    const isKept = Buffer.byteLength(body) <= largestAnswerBytes;
    const sealed = isKept ? this.secrets.seal(body, sealContext(caller, key)) : null;
    await this.dataSource.query(
      `UPDATE idempotency_keys SET status = $4, content_type = $5, answer = $6
       WHERE caller = $1 AND key = $2 AND created_at = $3 AND status IS NULL`,
      [caller, key, since, status, contentType, sealed],
    );
  }

  /** The request had no effect: it may be tried again under the same key. */
  async release({ caller, key, since }: Claim): Promise<void> {
    await this.dataSource.query(
      'DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2 AND created_at = $3 AND status IS NULL',
      [caller, key, since],
    );
  }

  /** For a schedule. */
  async forgetExpired(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM idempotency_keys WHERE created_at <= now() - interval '${keptFor}'`,
    );
  }
}

@Module({ providers: [Idempotency], exports: [Idempotency] })
export class IdempotencyModule {}

const sealContext = (caller: string, key: string) =>
  `idempotency-key:${createHash('sha256').update(`${caller}\0${key}`).digest('hex')}`;
