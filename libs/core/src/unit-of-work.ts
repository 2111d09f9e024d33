import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { Slots } from './slots';

/** What belongs to one request, in all that it calls. */
interface Scope {
  unit?: UnitOfWork;
  /** What an earlier request made, of which this one is the repeat. */
  made?: { readonly value: unknown };
}

const scopes = new AsyncLocalStorage<Scope>();

/** A unit holds a connection from its begin to its end; of the ten of a process's pool these many stay for all else. */
const mostUnits = 5;

/**
 * One transaction for all that a request does, and for what it was answered: both are there afterwards or neither,
 * whoever dies when. While it is open, each statement of the request goes to its connection, see `UnitDataSource`.
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

  /** The one that whoever calls this works in. */
  static current(): UnitOfWork | undefined {
    return scopes.getStore()?.unit;
  }

  /**
   * One statement after the other, for that is what a connection can do.
   * @param alone whether it belongs to no transaction within the unit: then, as anywhere, it fails for itself
   * @param statement what the client's `query` takes
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

  /** @param publisher stores what `once` made, in the unit's transaction */
  onPublish(publisher: (made: unknown) => Promise<void>): void {
    this.publisher = publisher;
  }

  /** Ends it with what was made, so that others see that. */
  async publish(made: unknown): Promise<void> {
    await this.publisher?.(made);
    await this.commit();
  }

  /** Does it once the transaction is committed. It must not fail for long: nobody is told. */
  afterCommit(work: () => Promise<void>): void {
    this.afterwards.push(work);
  }

  /** @throws when it is not certain that it is committed */
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

  /** Once it has ended there is nothing to roll back. */
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

  /** For all that is done in this scope until it ends. */
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

  /** Lets `once` find what an earlier request made. */
  goOnWith(made: unknown): void {
    const scope = scopes.getStore();
    if (scope !== undefined) scope.made = { value: made };
  }
}

/**
 * For an effect that has to be seen by others before it can be answered: it ends the unit of work, and who repeats the
 * request gets what it made, instead of the effect. A request that calls it does nothing else.
 * @param effect gives what can be stored as JSON, but null; e.g. ids, no secrets
 */
export async function once<Made>(effect: () => Promise<Made>): Promise<Made> {
  const scope = scopes.getStore();
  if (scope?.made !== undefined) return scope.made.value as Made;
  const made = await effect();
  await scope?.unit?.publish(made);
  return made;
}

/** For what others can only follow when they see the effect, like wake-ups: at once where there is no unit of work. */
export async function afterCommit(work: () => Promise<void>): Promise<void> {
  const unit = UnitOfWork.current();
  if (unit === undefined) await work();
  else unit.afterCommit(work);
}

/** For what stays whatever becomes of the unit of work, or has to be seen while it is open: on a connection of its own. */
export function outside<Result>(work: () => Result): Result {
  return scopes.run({}, work);
}
