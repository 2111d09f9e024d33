import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { Slots } from '../time/slots';

/** The state of one request, seen by all that it calls. */
interface Scope {
  unit?: UnitOfWork;
  /** The result of an earlier request, which this one repeats. */
  made?: { readonly value: unknown };
}

const scopes = new AsyncLocalStorage<Scope>();

/** The most units at once. Each holds a connection until its end; the rest of a process's ten stay for everything else. */
const mostUnits = 5;

/**
 * One transaction for all that a request does and for its answer: both are stored or neither, whoever dies when. While
 * the unit is open, each statement of the request goes to its connection, see `UnitDataSource`.
 */
export class UnitOfWork {
  private readonly afterwards: (() => Promise<void>)[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private publisher: ((made: unknown) => Promise<void>) | undefined;
  private isEnded = false;

  constructor(
    private readonly client: PoolClient,
    private readonly transaction: QueryRunner,
    private readonly onEnd: () => void,
    private readonly logger: Logger,
  ) {}

  get isOpen(): boolean {
    return !this.isEnded;
  }

  /** Returns the unit in which the caller works. */
  static current(): UnitOfWork | undefined {
    return scopes.getStore()?.unit;
  }

  /**
   * Runs one statement after the other, for a connection can do no more.
   * @param alone whether the statement belongs to no transaction within the unit; then its failure concerns only itself
   * @param statement the arguments of the client's `query`
   */
  async query(alone: boolean, ...statement: unknown[]): Promise<unknown> {
    return this.inTurn(async () => {
      if (this.isEnded) throw new Error('The unit of work has ended');
      const run = this.client.query.bind(this.client) as (...all: unknown[]) => Promise<unknown>;
      if (!alone) return run(...statement);
      await run('SAVEPOINT alone');
      try {
        const result = await run(...statement);
        await run('RELEASE alone');
        return result;
      } catch (error) {
        await run('ROLLBACK TO alone; RELEASE alone').catch(() => undefined); // The connection may be gone.
        throw error;
      }
    });
  }

  /** @param publisher stores the result of `once` in the unit's transaction */
  onPublish(publisher: (made: unknown) => Promise<void>): void {
    this.publisher = publisher;
  }

  /** Stores the result of the unit and commits it, so that others see it. */
  async publish(made: unknown): Promise<void> {
    await this.publisher?.(made);
    await this.commit();
  }

  /** Runs `work` once the transaction is committed. It must not fail for long: nobody is told. */
  afterCommit(work: () => Promise<void>): void {
    this.afterwards.push(work);
  }

  /** @throws when it is not certain that the transaction is committed */
  async commit(): Promise<void> {
    try {
      await this.inTurn(() => this.transaction.commitTransaction());
    } finally {
      await this.end();
    }
    for (const work of this.afterwards) {
      try {
        await work();
      } catch (error) {
        this.logger.warn(`Left to the reconciler: ${String(error)}`);
      }
    }
  }

  /** Undoes what the unit did; a unit that has ended has nothing to undo. */
  async rollback(): Promise<void> {
    if (this.isEnded) return;
    try {
      await this.inTurn(() => this.transaction.rollbackTransaction());
    } catch {
      // The connection is gone, and the transaction with it.
    } finally {
      await this.end();
    }
  }

  private async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.last.then(work);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async end(): Promise<void> {
    this.isEnded = true;
    this.onEnd();
    await this.transaction.release();
  }
}

/** Opens units of work. */
@Injectable()
export class UnitsOfWork {
  private readonly logger = new Logger(UnitOfWork.name);
  private readonly slots = new Slots(() => mostUnits);

  constructor(private readonly dataSource: DataSource) {}

  /** Calls `work` in a scope in which one unit may be open at a time. */
  scope<Result>(work: () => Result): Result {
    return scopes.run({}, work);
  }

  /** Opens a unit for everything done in this scope until the unit ends. */
  async begin(): Promise<UnitOfWork> {
    const scope = scopes.getStore();
    if (scope === undefined || scope.unit !== undefined) throw new Error('No unit may begin here');
    await this.slots.take();
    const transaction = this.dataSource.createQueryRunner();
    try {
      await transaction.startTransaction();
      const client = (await transaction.connect()) as PoolClient;
      scope.unit = new UnitOfWork(
        client,
        transaction,
        () => {
          delete scope.unit;
          this.slots.free();
        },
        this.logger,
      );
      return scope.unit;
    } catch (error) {
      this.slots.free();
      await transaction.release();
      throw error;
    }
  }

  /** Lets `once` return the result of an earlier request. */
  goOnWith(made: unknown): void {
    const scope = scopes.getStore();
    if (scope !== undefined) scope.made = { value: made };
  }
}

/**
 * Runs an effect that others have to see before it can be answered: it ends the unit of work, and a repeat of the
 * request gets the result instead of a second effect. A request that calls it does nothing else.
 * @param effect returns what can be stored as JSON, but not null; e.g. ids, no secrets
 */
export async function once<Made>(effect: () => Promise<Made>): Promise<Made> {
  const scope = scopes.getStore();
  if (scope?.made !== undefined) return scope.made.value as Made;
  const made = await effect();
  await scope?.unit?.publish(made);
  return made;
}

/** Runs what only helps once others see the effect, like wake-ups; at once where there is no unit of work. */
export async function afterCommit(work: () => Promise<void>): Promise<void> {
  const unit = UnitOfWork.current();
  if (unit === undefined) await work();
  else unit.afterCommit(work);
}

/** Runs `work` on a connection of its own: what it does stays whatever becomes of the unit, and is seen while that is open. */
export function outside<Result>(work: () => Result): Result {
  return scopes.run({}, work);
}
