import type { DataSource } from 'typeorm';
import { ConfigError } from '../config/config';
import { type SealedSecrets, sealPrefixLength } from './sealed-secrets';

/** A place of the database where sealed texts are kept. Every one has to be in the schema's register. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The columns of the primary key. */
  readonly key: readonly string[];
  /** Names the context that a row's text was sealed with, by its primary key. */
  readonly contextOf: (key: Readonly<Record<string, unknown>>) => string;
  /** How many texts are read at once: few where they are large. */
  readonly batch: number;
  /** Whether what can't be opened is made anew, or forgotten soon, so that no operator has to bring it back. */
  readonly isPassing: boolean;
}

/** How many texts of a column were sealed with which key. */
export interface SealCount {
  readonly column: SealedColumn;
  /** The id of the master key, eight hexadecimal digits; something else where the text is not sealed at all. */
  readonly keyId: string;
  readonly key: 'present' | 'previous' | 'unknown';
  readonly texts: number;
}

export const nameOfColumn = ({ table, column }: SealedColumn) => `${table}.${column}`;

/** Counts the sealed texts of columns by the key that sealed them. It opens none. */
export async function countSeals(
  dataSource: DataSource,
  secrets: SealedSecrets,
  columns: readonly SealedColumn[],
): Promise<SealCount[]> {
  const counts: SealCount[] = [];
  for (const sealed of columns) {
    const { table, column } = sealed;
    const rows = await dataSource.query<{ prefix: string; texts: number }[]>(
      `SELECT left(${column}, ${sealPrefixLength}) AS prefix, count(*)::int AS texts
       FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    for (const { prefix, texts } of rows) {
      const keyId = prefix.slice('v1.'.length, -1);
      counts.push({ column: sealed, keyId, key: keyOf(prefix, secrets), texts });
    }
  }
  return counts;
}

/**
 * Refuses master keys that do not open all of the database's secrets, before something is lost without a word. What
 * passes by itself refuses no start.
 * @throws ConfigError that names columns and keys, and no row
 */
export async function assertMasterKey(
  dataSource: DataSource,
  secrets: SealedSecrets,
  columns: readonly SealedColumn[],
): Promise<void> {
  const lasting = columns.filter(({ isPassing }) => !isPassing);
  const counts = await countSeals(dataSource, secrets, lasting);
  const lost = counts.filter(({ key }) => key === 'unknown');
  if (lost.length === 0) return;
  const places = lost.map(
    ({ column, keyId, texts }) => `${texts} in ${nameOfColumn(column)} with ${keyId}`,
  );
  throw new ConfigError([
    `MASTER_KEY: this database's secrets were sealed with another key, which is not in MASTER_KEY_PREVIOUS either ` +
      `(${places.join(', ')}); give the key that they were sealed with`,
  ]);
}

function keyOf(prefix: string, secrets: SealedSecrets): SealCount['key'] {
  if (!secrets.knows(prefix)) return 'unknown';
  return secrets.needsReseal(prefix) ? 'previous' : 'present';
}
