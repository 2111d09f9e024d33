import type { MigrationInterface, QueryRunner } from 'typeorm';

const signature = `register_activations(text, text, text, integer[], integer, platform, text, text[], text[],
  activation_status[], boolean)`;

/** The function as it is, but for what it returns; calls that are prepared find the new one. */
const returning = (was: string, is: string) => `
  DO $migration$
  DECLARE
    definition text := pg_get_functiondef('${signature}'::regprocedure);
  BEGIN
    DROP FUNCTION ${signature};
    EXECUTE replace(definition, 'RETURNS SETOF ${was}', 'RETURNS SETOF ${is}');
  END $migration$;`;

/** What registering an activation returns has columns of its own, so that `devices` may get more. */
export class RegisteredDevices1764460800001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE registered_device AS (
        id bigint, application_id integer, platform platform, token text, registered_at timestamptz,
        retired_at timestamptz, retired_reason text
      );
      ${returning('devices', 'registered_device')}
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ${returning('registered_device', 'devices')}
      DROP TYPE registered_device;
    `);
  }
}
