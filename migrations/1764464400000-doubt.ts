import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Doubt1764464400000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- Minutes of a lane as a ring: slot is the minute modulo the window's length, so nothing has to be purged. Two bit
      -- strings mark hashes of devices and of users: how many different ones there were, in 32 bytes.
      CREATE TABLE lane_answers (
        application_id integer NOT NULL
          CONSTRAINT lane_answers_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
        gateway gateway NOT NULL,
        slot smallint NOT NULL,
        version uuid NOT NULL,
        minute timestamptz NOT NULL,
        first_accepted_at timestamptz,
        last_accepted_at timestamptz,
        accepted integer NOT NULL,
        accepted_devices bit(256) NOT NULL,
        doubtful integer NOT NULL,
        doubtful_users bit(256) NOT NULL,
        dead integer NOT NULL,
        CONSTRAINT lane_answers_pkey PRIMARY KEY (application_id, gateway, slot)
      ) WITH (fillfactor = 50);

      -- A table of its own: hardly any device is suspect, and registration reads and writes devices by whole rows.
      CREATE TABLE suspects (
        device_id bigint CONSTRAINT suspects_pkey PRIMARY KEY
          CONSTRAINT suspects_device_fkey REFERENCES devices (id) ON DELETE CASCADE,
        version uuid NOT NULL,
        since timestamptz NOT NULL DEFAULT now(),
        reason text NOT NULL
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE suspects, lane_answers');
  }
}
