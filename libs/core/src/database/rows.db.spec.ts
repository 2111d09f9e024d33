import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import type { Type } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { schema } from '../../../../migrations';
import { listsBy, oneBy, Rows } from './rows';

describe('rows', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = new DataSource({ type: 'postgres', url: database.url, ...schema });
    await dataSource.initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('have of each entity the columns that TypeORM knows', () => {
    for (const { target, columns } of dataSource.entityMetadatas) {
      const known = columns.map(({ databaseName, propertyName }) => [databaseName, propertyName]);
      const { select } = Rows.of(target as Type<object>, 'one');
      expect(select.split(', ').toSorted()).toEqual(
        known.map(([name, property]) => `one.${name} AS "one.${property}"`).toSorted(),
      );
    }
  });

  it('become lists by key, also of a key without rows', () => {
    const rows = [
      { id: 'b', n: 1 },
      { id: 'a', n: 2 },
      { id: 'b', n: 3 },
      { id: null, n: 4 },
      { id: 'stranger', n: 5 },
    ];
    expect([...listsBy(['a', 'b', 'c'], rows, ({ id, n }) => [id, n])]).toEqual([
      ['a', [2]],
      ['b', [1, 3]],
      ['c', []],
    ]);
  });

  it('tell one thing of each key', () => {
    const rows = [{ id: 'b', total: 1 }];
    expect([...oneBy(['a', 'b'], rows, ({ id, total }) => [id, total], 0)]).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });
});
