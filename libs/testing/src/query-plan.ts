import type { Client } from 'pg';

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** Runs a statement. @returns its rows, and the pages that it looked at: they tell of its cost, however busy the machine is */
export async function costOf(
  client: Client,
  statement: string,
  values: readonly unknown[] = [],
): Promise<{ readonly rows: number; readonly pages: number }> {
  const explained = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`,
    [...values],
  );
  const plan = explained.rows[0]?.['QUERY PLAN'][0].Plan;
  if (plan === undefined) throw new Error('PostgreSQL explains nothing');
  return {
    rows: plan['Actual Rows'],
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
  };
}
