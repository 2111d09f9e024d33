import { randomBytes } from 'node:crypto';
import { migrate } from '@app/core';
import { Client } from 'pg';
import { schema } from '../../../migrations';

/** The global that is set by the Jest project that runs on a PostgreSQL of this machine. */
declare const postgresBin: string | undefined;

export interface TestDatabase {
  readonly url: string;
  /** Drops the database, and ends whatever connections a test left behind. */
  drop(): Promise<void>;
}

const template = 'carillon_template';
/** The advisory lock under which the template is made: any fixed number, another than the one of `migrate`. */
const templateLock = 0x54455354;

/** Makes a migrated, empty database for one test file, by a clone of some 25 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(async (admin) => {
    await ensureTemplate(admin);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  });
  return {
    url: urlOf(name),
    drop: () =>
      asAdmin(async (admin) => {
        await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/**
 * Migrates the template once per run, while other files already go on. The mark that it is complete is PostgreSQL's own:
 * the database is declared a template.
 */
async function ensureTemplate(admin: Client): Promise<void> {
  await admin.query('SELECT pg_advisory_lock($1)', [templateLock]);
  try {
    const sql = 'SELECT FROM pg_database WHERE datname = $1 AND datistemplate';
    if ((await admin.query(sql, [template])).rowCount === 1) return;
    await admin.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${template}`);
    await migrate(urlOf(template), schema);
    await admin.query(`ALTER DATABASE ${template} IS_TEMPLATE true`);
  } finally {
    await admin.query('SELECT pg_advisory_unlock($1)', [templateLock]);
  }
}

async function asAdmin(work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client({ connectionString: urlOf('postgres') });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function urlOf(database: string): string {
  const server =
    typeof postgresBin === 'undefined'
      ? process.env.TEST_POSTGRES_URL
      : process.env.TEST_INSTALLED_POSTGRES_URL;
  if (server === undefined)
    throw new Error('No PostgreSQL runs here: only *.db.spec.ts and *.e2e-spec.ts files get one.');
  return Object.assign(new URL(server), { pathname: `/${database}` }).href;
}
