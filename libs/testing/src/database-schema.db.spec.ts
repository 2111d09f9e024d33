import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from './database';
import { databaseSchema } from './database-schema';

describe('the text of a schema', () => {
  let database: TestDatabase;
  let client: Client;
  beforeEach(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  });
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  it('says also what none of our tables has', async () => {
    await client.query(`
      CREATE UNLOGGED TABLE things (
        id integer GENERATED ALWAYS AS IDENTITY,
        "order" text COLLATE "C",
        doubled integer GENERATED ALWAYS AS (2 * id) STORED,
        number serial
      );
      CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER things_kept BEFORE DELETE ON things FOR EACH ROW EXECUTE FUNCTION keep()`);
    expect(await databaseSchema(database.url)).toContain(`
CREATE UNLOGGED TABLE things (
  id integer GENERATED ALWAYS AS IDENTITY NOT NULL,
  "order" text COLLATE "C",
  doubled integer GENERATED ALWAYS AS (2 * id) STORED,
  number integer DEFAULT nextval('things_number_seq'::regclass) NOT NULL
);
CREATE TRIGGER things_kept BEFORE DELETE ON public.things FOR EACH ROW EXECUTE FUNCTION keep();
`);
  });

  it.each([
    ['CREATE VIEW ones AS SELECT 1 AS one', 'view ones'],
    ['CREATE DOMAIN odd AS integer CHECK (VALUE % 2 = 1)', 'type odd'],
    ['CREATE SEQUENCE numbers', 'sequence numbers'],
    [
      'CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer)',
      'function total(integer)',
    ],
  ])('is refused rather than left incomplete: %s', async (sql, name) => {
    await client.query(sql);
    await expect(databaseSchema(database.url)).rejects.toThrow(`cannot be shown: ${name}`);
  });
});
