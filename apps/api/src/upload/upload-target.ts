import type { Columns, Refusal, Row } from './rows';

/** The numbers of rows by what became of them, without those that were refused. */
export type Counts = Readonly<Record<string, number>>;

/** The place to which the rows of one upload go. */
export interface UploadTarget {
  readonly columns: Columns;
  /** The counts of all parts so far. */
  readonly counts: Counts;
  /** Stores the next part before it resolves. @returns the rows that were refused */
  store(rows: readonly Row[]): Promise<readonly Refusal[]>;
}
