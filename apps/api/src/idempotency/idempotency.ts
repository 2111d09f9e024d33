import { createHash } from 'node:crypto';
import { SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  AnswerNotKeptError,
  IdempotencyKeyInUseError,
  IdempotencyKeyReusedError,
} from './idempotency.errors';

/** What a client may repeat without repeating its effect. */
export interface IdempotentRequest {
  /** Whose key it is; another caller's same key is another key. */
  readonly caller: string;
  readonly key: string;
  /** Of method, path and body. */
  readonly fingerprint: string;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
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

/** Remembers what requests with an Idempotency-Key were answered (draft-ietf-httpapi-idempotency-key-header). */
@Injectable()
export class Idempotency {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /**
   * @returns the first answer to repeat, or undefined when the request is to be carried out; then `keep` or `release`
   * has to follow.
   * @throws IdempotencyKeyReusedError, IdempotencyKeyInUseError, AnswerNotKeptError
   */
  async claim({ caller, key, fingerprint }: IdempotentRequest): Promise<Answer | undefined> {
    const claimed = await this.dataSource.query<unknown[]>(
      `INSERT INTO idempotency_keys (caller, key, fingerprint) VALUES ($1, $2, $3)
       ON CONFLICT (caller, key) DO UPDATE
         SET fingerprint = excluded.fingerprint, created_at = now(), status = NULL, content_type = NULL, answer = NULL
         WHERE idempotency_keys.created_at <= now() - CASE WHEN idempotency_keys.status IS NULL
           THEN interval '${abandonedAfter}' ELSE interval '${keptFor}' END
       RETURNING 1`,
      [caller, key, fingerprint],
    );
    if (claimed.length > 0) return undefined;
    const [row] = await this.dataSource.query<Row[]>(
      `SELECT fingerprint, status, content_type AS "contentType", answer FROM idempotency_keys
       WHERE caller = $1 AND key = $2`,
      [caller, key],
    );
    if (row === undefined) return this.claim({ caller, key, fingerprint }); // released meanwhile
    if (row.fingerprint !== fingerprint) throw new IdempotencyKeyReusedError();
    if (row.status === null) throw new IdempotencyKeyInUseError();
    if (row.answer === null) throw new AnswerNotKeptError();
    return {
      status: row.status,
      contentType: row.contentType ?? '',
      body: this.secrets.open(row.answer, sealContext(caller, key)),
    };
  }

  /** Sealed: an answer may hold a token. */
  async keep({ caller, key }: IdempotentRequest, answer: Answer): Promise<void> {
    const { status, contentType, body } = answer;
    const isKept = Buffer.byteLength(body) <= largestAnswerBytes;
    await this.dataSource.query(
      `UPDATE idempotency_keys SET status = $3, content_type = $4, answer = $5 WHERE caller = $1 AND key = $2`,
      [
        caller,
        key,
        status,
        contentType,
        isKept ? this.secrets.seal(body, sealContext(caller, key)) : null,
      ],
    );
  }

  /** The request had no effect: it may be tried again under the same key. */
  async release({ caller, key }: IdempotentRequest): Promise<void> {
    await this.dataSource.query(
      'DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2 AND status IS NULL',
      [caller, key],
    );
  }

  /** For a schedule. */
  async forgetExpired(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM idempotency_keys WHERE created_at <= now() - interval '${keptFor}'`,
    );
  }
}

const sealContext = (caller: string, key: string) =>
  `idempotent-answer:${createHash('sha256').update(`${caller}\0${key}`).digest('hex')}`;
