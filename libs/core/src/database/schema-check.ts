import type { DataSourceOptions } from 'typeorm';
import { ConfigError } from '../config/config';
import type { SealedColumn } from '../secrets/sealed-columns';

export interface Schema {
  readonly entities: Extract<DataSourceOptions['entities'], unknown[]>;
  readonly migrations: Extract<DataSourceOptions['migrations'], unknown[]>;
  /** Every column of sealed texts. What is not here is lost when the master key is renewed. */
  readonly sealed: readonly SealedColumn[];
  /** What the role of the services may do with tables where that is not everything. */
  readonly limited?: Readonly<Record<string, string>>;
}

type Query = (sql: string) => Promise<readonly unknown[]>;

/** Refuses a database that is behind: services never migrate, which is for one command. @throws ConfigError */
export async function assertMigrated(query: Query, schema: Schema): Promise<void> {
  const missing = await missingMigrations(query, schema);
  if (missing.length > 0) {
    throw refusal(
      `'s schema is behind this version (it lacks ${missing.join(', ')}); run: npm run migrate`,
    );
  }
}

/**
 * Compares a database with our migrations. A newer version's is as good as our own, for its migrations add. One that
 * takes something away lists in `required_migrations` what code has to know to do without.
 * @returns the names of the migrations that the database lacks
 * @throws ConfigError when its tables are not by our migrations, or it is too new for this version
 */
export async function missingMigrations(query: Query, { migrations }: Schema): Promise<string[]> {
  const known = migrations.map((entry) => (typeof entry === 'function' ? entry.name : entry));
  const tables = await names(query, ownTables);
  const done = tables.includes('migrations') ? await names(query, doneMigrations) : [];
  const missing = known.filter((name) => !done.includes(name));
  if (missing.length === known.length) {
    // TypeORM makes its table as soon as it looks for migrations.
    const others = tables.filter((name) => name !== 'migrations' || done.length > 0);
    if (others.length > 0) {
      throw refusal(
        ` holds tables that no migration of this version made (${some(others)}), and stays as it is; choose an empty one, or without DATABASE_URL another DATA_DIR`,
      );
    }
  }
  const required = tables.includes('required_migrations')
    ? await names(query, 'SELECT name FROM required_migrations ORDER BY name')
    : [];
  const unknown = required.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw refusal(
      `'s schema is too new for this version (it needs one with ${some(unknown)}); start a newer version`,
    );
  }
  return missing;
}

/** Selects all tables except those of extensions, which come with some databases. */
const ownTables = `
  SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() AND NOT EXISTS (
    SELECT FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND objid = format('%I.%I', schemaname, tablename)::regclass AND deptype = 'e')
  ORDER BY tablename`;

/** Selects the migrations that were done; those in somebody else's table need not have a name. */
const doneMigrations = `SELECT coalesce(to_jsonb(done) ->> 'name', '') AS name FROM migrations AS done`;

async function names(query: Query, sql: string): Promise<string[]> {
  return ((await query(sql)) as { name: string }[]).map(({ name }) => name);
}

const refusal = (what: string) => new ConfigError([`DATABASE_URL: the database${what}`]);

const some = (list: readonly string[]): string =>
  list.length > 3 ? `${list.slice(0, 3).join(', ')} …` : list.join(', ');
