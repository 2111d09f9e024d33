import { DataSource, type QueryRunner, type ReplicationMode } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver';
import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner';
import { UnitOfWork } from './unit-of-work';

/** Sends every statement made within a unit of work to the unit's connection. */
export class UnitDataSource extends DataSource {
  override createQueryRunner(mode: ReplicationMode = 'master'): QueryRunner {
    const unit = UnitOfWork.current();
    if (unit === undefined) return super.createQueryRunner(mode);
    const runner = new UnitQueryRunner(this.driver as PostgresDriver, mode, unit);
    return Object.assign(runner, { manager: this.createEntityManager(runner) });
  }
}

/** Stands for a connection of its own, whose transactions are savepoints in the unit's. */
class UnitQueryRunner extends PostgresQueryRunner {
  /** Counts the unit's own transaction as the first. */
  protected override transactionDepth = 1;

  constructor(
    driver: PostgresDriver,
    mode: ReplicationMode,
    private readonly unit: UnitOfWork,
  ) {
    super(driver, mode);
  }

  override connect(): Promise<unknown> {
    const query = (...statement: unknown[]) =>
      this.unit.query(!this.isTransactionActive, ...statement);
    return Promise.resolve({ query });
  }

  override release(): Promise<void> {
    this.isReleased = true;
    return Promise.resolve();
  }
}
