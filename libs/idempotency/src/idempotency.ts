import { createHash } from 'node:crypto';
import { type SealedColumn, SealedSecrets, type UnitOfWork, UnitsOfWork } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  AnswerNotKeptError,
  IdempotencyKeyInUseError,
  IdempotencyKeyReusedError,
} from './idempotency.errors';
import { KeyQuotas } from './key-quotas';
import type { IdempotentRequest } from './idempotent-request';
import { idsIn } from './ids-in';

export interface Answer {
  readonly status: number;
  /** The type of the body; empty where the edge sets it by itself. */
  readonly contentType: string;
  readonly body: string;
  /** Whether it holds a secret that is told this once: a repeat gets the ids alone. */
  readonly isToldOnce?: boolean;
}

/** The right and the duty to carry out a request; `keep` or `release` has to follow. */
export interface Claim {
  readonly request: IdempotentRequest;
  /** The unit of work for the request; absent where an earlier request has had the effect, and only the answer is missing. */
  readonly unit?: UnitOfWork;
}

/** How long a repeat gets the first answer. */
const keptFor = '24 hours';

/**
 * Of larger answers only the ids are kept; a repeat is told so instead of having its effect twice. Else a caller fills the
 * database with what he has nothing to send for.
 */
const largestAnswerBytes = 64 * 1024;

/** How long a process of the release before, which stored keys before their effects, may take; then it has died. */
const abandonedAfter = '5 minutes';

/** When PostgreSQL rolls back the transaction of a machine that fell off the network, or of a process that was stopped. */
const silentFor = '1min';

interface Row {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly contentType: string | null;
  readonly answer: string | null;
  /** The result of an effect that is there before its answer, or the ids in an answer that is not kept. */
  readonly made: unknown;
  /** Whether the row counts no more. */
  readonly isOver: boolean;
}

/**
 * Remembers what requests with an Idempotency-Key were answered (draft-ietf-httpapi-idempotency-key-header). A request is
 * one unit of work: its effect, its key and its answer are stored in one transaction. While that is open it holds an
 * advisory lock of the key's, which PostgreSQL gives up when the process, or its connection, is gone: there is nothing to
 * take over, and nothing to wait for.
 *
 * Answers are sealed, for they may hold a token, and so are fingerprints, for a password could be guessed by one.
 */
@Injectable()
export class Idempotency {
  constructor(
    private readonly dataSource: DataSource,
    private readonly units: UnitsOfWork,
    private readonly secrets: SealedSecrets,
    private readonly quotas: KeyQuotas,
  ) {}

  /**
   * Claims a request within its scope: everything done there afterwards is its effect.
   * @returns the first answer, to be repeated, or a claim
   * @throws IdempotencyKeyReusedError, IdempotencyKeyInUseError, AnswerNotKeptError, AllowanceUsedUpError of a new key
   */
  async claim(request: IdempotentRequest): Promise<{ first: Answer } | { claim: Claim }> {
    const unit = await this.units.begin();
    try {
      if (!(await this.lock(request))) throw new IdempotencyKeyInUseError();
      const row = await this.find(request);
      if (row === undefined) {
        await this.quotas.open(request.caller);
        unit.onPublish((made) => this.insert(unit, request, { made }));
        return { claim: { request, unit } };
      }
      await unit.rollback();
      if (row.status !== null) return { first: this.answerIn(row, request) };
      if (row.made === null) throw new IdempotencyKeyInUseError();
      this.units.goOnWith(row.made);
      return { claim: { request } };
    } catch (error) {
      await unit.rollback();
      throw error;
    }
  }

  /** Stores the answer together with the effect. @throws when it is not certain that both are stored */
  async keep({ request, unit }: Claim, answer: Answer): Promise<void> {
    if (unit?.isOpen !== true) return this.complete(request, answer);
    await this.insert(unit, request, { answer });
    await unit.commit();
  }

  /** Undoes the effect, so that the request may be tried again under the same key. */
  async release({ unit }: Claim): Promise<void> {
    if (unit?.isOpen === true) await unit.rollback();
  }

  /** Removes keys and answers that are too old; called on a schedule. */
  async forgetExpired(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM idempotency_keys WHERE created_at <= now() - interval '${keptFor}'`,
    );
  }

  /** @returns whether no other request has the key at this moment; none gets it until the unit of work ends */
  private async lock({ caller, key }: IdempotentRequest): Promise<boolean> {
    const [{ isFree }] = await this.dataSource.query<[{ isFree: boolean }]>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS "isFree",
         set_config('idle_in_transaction_session_timeout', $2, true)`,
      [sealContext(caller, key), silentFor],
    );
    return isFree;
  }

  /**
   * Stores the key and ends the unit of work if that fails.
   * @throws IdempotencyKeyInUseError when a process of the release before has stored the key meanwhile
   */
  private async insert(
    unit: UnitOfWork,
    { caller, key, fingerprint }: IdempotentRequest,
    { answer, made }: { readonly answer?: Answer; readonly made?: unknown },
  ): Promise<void> {
    const context = sealContext(caller, key);
    const told = made ?? (answer && (isKept(answer) ? undefined : idsIn(answer.body)));
    if (answer !== undefined && isKept(answer)) {
      await this.quotas.keep(caller, Buffer.byteLength(answer.body));
    }
    try {
      await unit.query(
        true,
        `INSERT INTO idempotency_keys (caller, key, fingerprint, status, content_type, answer, made)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [
          ...[caller, key, this.secrets.seal(fingerprint, context)],
          ...(answer === undefined ? [null, null, null] : this.stored(answer, context)),
          told === undefined ? null : JSON.stringify(told),
        ],
      );
    } catch (error) {
      await unit.rollback();
      const { code } = error as { code?: string };
      throw code === '23505' ? new IdempotencyKeyInUseError() : error;
    }
  }

  /** Stores an answer unless another request that went on with the same effect did so first. */
  private async complete({ caller, key }: IdempotentRequest, answer: Answer): Promise<void> {
    await this.dataSource.query(
      `UPDATE idempotency_keys SET status = $3, content_type = $4, answer = $5
       WHERE caller = $1 AND key = $2 AND status IS NULL`,
      [caller, key, ...this.stored(answer, sealContext(caller, key))],
    );
  }

  private stored(answer: Answer, context: string) {
    const { status, contentType, body } = answer;
    return [status, contentType, isKept(answer) ? this.secrets.seal(body, context) : null];
  }

  /** Finds a request's row, and removes one that is over. @throws IdempotencyKeyReusedError */
  private async find(request: IdempotentRequest): Promise<Row | undefined> {
    const { caller, key, fingerprint } = request;
    const [row] = await this.dataSource.query<Row[]>(
      `SELECT fingerprint, status, content_type AS "contentType", answer, made,
         created_at <= now() - CASE WHEN status IS NULL AND made IS NULL
           THEN interval '${abandonedAfter}' ELSE interval '${keptFor}' END AS "isOver"
       FROM idempotency_keys WHERE caller = $1 AND key = $2`,
      [caller, key],
    );
    if (row === undefined) return undefined;
    if (row.isOver) {
      await this.dataSource.query('DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2', [
        caller,
        key,
      ]);
      return undefined;
    }
    if (this.secrets.open(row.fingerprint, sealContext(caller, key)) !== fingerprint) {
      throw new IdempotencyKeyReusedError();
    }
    return row;
  }

  /** @throws AnswerNotKeptError */
  private answerIn(
    { status, contentType, answer, made }: Row,
    { caller, key }: IdempotentRequest,
  ): Answer {
    if (answer === null) throw new AnswerNotKeptError(Array.isArray(made) ? made.map(String) : []);
    const body = this.secrets.open(answer, sealContext(caller, key));
    return { status: status ?? 0, contentType: contentType ?? '', body };
  }
}

const isKept = ({ body, isToldOnce = false }: Answer) =>
  !isToldOnce && Buffer.byteLength(body) <= largestAnswerBytes;

const sealContext = (caller: string, key: string) =>
  `idempotency-key:${createHash('sha256').update(`${caller}\0${key}`).digest('hex')}`;

const ofRequest = {
  table: 'idempotency_keys',
  key: ['caller', 'key'],
  contextOf: ({ caller, key }) => sealContext(String(caller), String(key)),
  isPassing: true,
} satisfies Partial<SealedColumn>;

/** Where requests and their first answers are sealed, for a day. Answers may have megabytes. */
export const idempotencySeals: readonly SealedColumn[] = [
  { ...ofRequest, column: 'fingerprint', batch: 500 },
  { ...ofRequest, column: 'answer', batch: 4 },
];
