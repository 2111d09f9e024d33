/** What the database says of itself. */
export const core = {
  up: `
    -- The migrations that code has to know to work on this database. A breaking one lists itself, or the earlier one with
    -- which code began to do without what is taken away.
    CREATE TABLE required_migrations (
      name text CONSTRAINT required_migrations_pkey PRIMARY KEY
    );
  `,
  down: `
    DROP TABLE required_migrations;
  `,
};
