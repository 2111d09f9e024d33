import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { nameOfColumn, type SealedColumn } from './sealed-columns';
import { sealPrefixLength, type SealedSecrets, SecretUnreadableError } from './sealed-secrets';

type Row = Readonly<Record<string, unknown>> & { readonly sealed: string };

/** Seals what the database holds with the present master key, so that the keys before can be dropped. */
export class Resealer {
  private readonly logger = new Logger(Resealer.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
    private readonly columns: readonly SealedColumn[],
  ) {}

  /** Seals secrets anew, on a schedule. Any number of processes may do it at once; nobody who uses a secret notices. */
  async sealAnew(): Promise<void> {
    for (const column of this.columns) await this.sealColumn(column);
  }

  private async sealColumn(column: SealedColumn): Promise<void> {
    let unreadable: SecretUnreadableError | undefined;
    for await (const row of this.outdated(column)) {
      try {
        await this.sealRow(column, row);
      } catch (error) {
        // One that can't be opened is no reason to leave the others as they are.
        if (!(error instanceof SecretUnreadableError)) throw error;
        unreadable ??= error;
      }
    }
    if (unreadable === undefined) return;
    const what = `Not sealed anew, in ${nameOfColumn(column)}: ${unreadable.reason}`;
    if (column.isPassing) this.logger.warn(what);
    else this.logger.error(what);
  }

  /** Reads what the present key did not seal in the order of the primary key, a batch at a time. */
  private async *outdated({ table, column, key, batch }: SealedColumn): AsyncGenerator<Row> {
    const names = key.join(', ');
    let after: unknown[] = [];
    for (;;) {
      const beyond = key.map((_, index) => `$${index + 2}`).join(', ');
      const rows = await this.dataSource.query<Row[]>(
        `SELECT ${names}, ${column} AS sealed FROM ${table}
         WHERE left(${column}, ${sealPrefixLength}) <> $1
           ${after.length > 0 ? `AND (${names}) > (${beyond})` : ''}
         ORDER BY ${names} LIMIT ${batch}`,
        [this.secrets.presentPrefix, ...after],
      );
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < batch) return;
      after = key.map((name) => last[name]);
    }
  }

  private async sealRow({ table, column, key, contextOf }: SealedColumn, row: Row): Promise<void> {
    const context = contextOf(row);
    const anew = this.secrets.seal(this.secrets.open(row.sealed, context), context);
    const isRow = key.map((name, index) => `${name} = $${index + 3}`).join(' AND ');
    // Whoever has stored another secret meanwhile is right. No two secrets look alike when sealed.
    await this.dataSource.query(
      `UPDATE ${table} SET ${column} = $2 WHERE ${column} = $1 AND ${isRow}`,
      [row.sealed, anew, ...key.map((name) => row[name])],
    );
  }
}
