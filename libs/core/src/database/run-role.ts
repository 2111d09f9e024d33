import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Schema } from './schema-check';

/** Tables that tell how far the schema is: services read them. */
const ofMigrations = { migrations: 'SELECT', required_migrations: 'SELECT' };

/**
 * Writes what gives the role of the services its rights, after each migration again: to read and write all rows, but for
 * the tables that are limited, and to change no table. Superusers and owners are bound by none of it, so it refuses them.
 */
export function grantsTo(role: string, { limited }: Schema): string {
  const to = escapeIdentifier(role);
  const tables = Object.entries({ ...ofMigrations, ...limited }).map(
    ([table, rights]) => `REVOKE ALL ON ${table} FROM ${to}; GRANT ${rights} ON ${table} TO ${to};`,
  );
  return `
    BEGIN;
    DO $$
    DECLARE
      schema_name text;
    BEGIN
      IF (SELECT rolsuper FROM pg_roles WHERE rolname = ${escapeLiteral(role)}) OR pg_has_role(${escapeLiteral(role)}, current_user, 'MEMBER') THEN
        RAISE EXCEPTION 'The role of DATABASE_URL is a superuser, or has the rights of the owner';
      END IF;
      FOREACH schema_name IN ARRAY ARRAY[current_schema(), 'bullmq'] LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %1$I TO %2$I;
          GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$I TO %2$I;
          GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %1$I TO %2$I;
          GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %1$I TO %2$I', schema_name, ${escapeLiteral(role)});
      END LOOP;
    END $$;
    ${tables.join('\n    ')}
    COMMIT;`;
}
