import type { DataSource } from 'typeorm';
import { ConfigError } from '../config';
import type { Schema } from './migrate';

/** The database lacks migrations that this version needs. */
class SchemaBehindError extends ConfigError {
  constructor(missing: readonly string[]) {
    super([
      `DATABASE_URL: the database's schema is behind this version (it lacks ${missing.join(', ')}); run: npm run migrate`,
    ]);
    this.name = 'SchemaBehindError';
  }
}

/** Services never migrate: with several of them starting, that is one command's work. @throws SchemaBehindError */
export async function assertMigrated(
  dataSource: DataSource,
  migrations: Schema['migrations'],
): Promise<void> {
  const wanted = migrations.map((migration) =>
    typeof migration === 'function' ? migration.name : migration,
  );
  const [{ exists }] = await dataSource.query<[{ exists: boolean }]>(
    `SELECT to_regclass('migrations') IS NOT NULL AS exists`,
  );
  const done = exists
    ? await dataSource.query<{ name: string }[]>('SELECT name FROM migrations')
    : [];
  const names = new Set(done.map(({ name }) => name));
  const missing = wanted.filter((name) => !names.has(name));
  if (missing.length > 0) throw new SchemaBehindError(missing);
}
