import type { Columns, Refusal, Row } from './rows';

/** How many rows became what; all but those that were refused. */
export type Counts = Readonly<Record<string, number>>;

/** Where the rows of one upload go. */
export interface UploadTarget {
  readonly columns: Columns;
  /** Of all parts so far. */
  readonly counts: Counts;
  /** The next part, stored when it resolves. @returns the rows that are not */
  store(rows: readonly Row[]): Promise<readonly Refusal[]>;
}
