import type { Type } from '@nestjs/common';
import type { DataSource, ValueTransformer } from 'typeorm';

interface Column<Entity> {
  readonly property: keyof Entity;
  readonly selected: string;
  readonly transformers: readonly ValueTransformer[];
}

/**
 * Reads entities by statements of our own, where TypeORM's way shows: it writes each statement anew, which PostgreSQL
 * then plans anew, and takes longer over the rows than over asking for them.
 */
export class EntityColumns<Entity extends object> {
  /** The columns to select from a table of this alias. */
  readonly sql: string;
  private readonly columns: readonly Column<Entity>[];

  constructor(
    dataSource: DataSource,
    private readonly entity: Type<Entity>,
    alias: string,
  ) {
    const { columns } = dataSource.getMetadata(entity);
    this.sql = columns
      .map(
        ({ databaseName, propertyName: name }) => `${alias}.${databaseName} AS "${alias}.${name}"`,
      )
      .join(', ');
    this.columns = columns.map(({ propertyName, transformer }) => ({
      property: propertyName as keyof Entity,
      selected: `${alias}.${propertyName}`,
      transformers: [transformer ?? []].flat().reverse(),
    }));
  }

  /** @param row has what `sql` selects, and may have more */
  entityOf(row: object): Entity {
    const entity = new this.entity();
    for (const { property, selected, transformers } of this.columns) {
      let value: unknown = Reflect.get(row, selected);
      for (const transformer of transformers) value = transformer.from(value);
      entity[property] = value as Entity[keyof Entity];
    }
    return entity;
  }
}
