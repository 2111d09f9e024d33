import type { Pool, PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';
import { UnitOfWork } from './unit-of-work';

const names = new Map<string, string>();

/**
 * Runs a statement that PostgreSQL parses once for each connection, and plans once where it finds that one plan serves
 * all values, instead of both for each call as with `query`: for those that run all the time, and are soon done.
 * @param text one of few: each is kept for good, here and on each connection
 */
export async function preparedQuery<Row extends object>(
  manager: EntityManager,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const name = names.get(text) ?? `carillon ${names.size}`;
  names.set(text, name);
  const { master } = manager.dataSource.driver as unknown as { readonly master: Pool };
  const isInUnit = UnitOfWork.current() !== undefined;
  const runner =
    manager.queryRunner ?? (isInUnit ? manager.dataSource.createQueryRunner() : undefined);
  const client = ((await runner?.connect()) as PoolClient | undefined) ?? master;
  return (await client.query<Row>({ name, text, values: [...values] })).rows;
}
