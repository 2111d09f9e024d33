import type { Type } from '@nestjs/common';
import { getMetadataArgsStorage, type ValueTransformer } from 'typeorm';

interface Column<Entity> {
  readonly property: keyof Entity & string;
  /** In the database. */
  readonly name: string;
  readonly transformers: readonly ValueTransformer[];
}

/**
 * Reads entities by statements of our own, where TypeORM's way shows: it writes each statement anew, which PostgreSQL
 * then plans anew, and takes longer over the rows than over asking for them.
 */
export class Rows<Entity extends object> {
  /** What to select from a table of the alias. */
  readonly select: string;

  private constructor(
    private readonly entity: Type<Entity>,
    private readonly alias: string,
    private readonly columns: readonly Column<Entity>[],
  ) {
    this.select = columns
      .map(({ name, property }) => `${alias}.${name} AS "${alias}.${property}"`)
      .join(', ');
  }

  static of<Entity extends object>(entity: Type<Entity>, alias: string): Rows<Entity> {
    const columns = getMetadataArgsStorage().filterColumns(entity);
    return new Rows(
      entity,
      alias,
      columns.map(({ propertyName, options: { name, transformer } }) => ({
        property: propertyName as keyof Entity & string,
        name: name ?? propertyName,
        transformers: [transformer ?? []].flat().reverse(),
      })),
    );
  }

  /**
   * The columns by their names alone, for what stands between a table and the `select`: a later release may add some, of
   * whatever names, while this one runs.
   */
  columnsOf(table: string): string {
    return this.columns.map(({ name }) => `${table}.${name}`).join(', ');
  }

  /** @param row with what `select` selects, and whatever else */
  readonly read = (row: object): Entity => {
    const entity = new this.entity();
    for (const { property, transformers } of this.columns) {
      let value: unknown = Reflect.get(row, `${this.alias}.${property}`);
      for (const transformer of transformers) value = transformer.from(value);
      entity[property] = value as Entity[typeof property];
    }
    return entity;
  };
}

/** What rows say of each of `keys`, in the rows' order; nothing of those that no row is of. */
export function listsBy<Key, Row, Value>(
  keys: readonly Key[],
  rows: readonly Row[],
  entryOf: (row: Row) => readonly [Key | null, Value],
): Map<Key, Value[]> {
  const lists = new Map(keys.map((key): [Key, Value[]] => [key, []]));
  for (const [key, value] of rows.map(entryOf)) {
    if (key !== null) lists.get(key)?.push(value);
  }
  return lists;
}

/** What a row says of each of `keys`, or `otherwise`. */
export function oneBy<Key, Row, Value>(
  keys: readonly Key[],
  rows: readonly Row[],
  entryOf: (row: Row) => readonly [Key, Value],
  otherwise: Value,
): Map<Key, Value> {
  const found = new Map(rows.map(entryOf));
  return new Map(keys.map((key) => [key, found.get(key) ?? otherwise]));
}
