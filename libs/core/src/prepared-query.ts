import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Runs a statement that PostgreSQL plans once for each connection, instead of for each call as with `query`: for the few
 * that run all the time and whose plan takes longer than they do.
 * @param name of the statement; one for each text
 */
export async function preparedQuery<Row extends object>(
  dataSource: DataSource,
  name: string,
  text: string,
  values: unknown[],
): Promise<Row[]> {
  const { master } = dataSource.driver as unknown as { readonly master: Pool };
  return (await master.query<Row>({ name, text, values })).rows;
}
