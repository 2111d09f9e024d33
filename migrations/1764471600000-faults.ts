import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Jobs that fail by a fault of ours are known to everybody, not only to the worker's log. */
export class Faults1764471600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- A job of a message that fails; gone with its next success. gateway is null for planning.
      CREATE TABLE faults (
        message_id uuid NOT NULL CONSTRAINT faults_message_fkey REFERENCES messages ON DELETE CASCADE,
        job text NOT NULL,
        gateway gateway,
        failures integer NOT NULL DEFAULT 1,
        reason text NOT NULL,
        failed_at timestamptz NOT NULL DEFAULT now(),
        retry_at timestamptz NOT NULL,
        CONSTRAINT faults_pkey PRIMARY KEY (message_id, job)
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE faults');
  }
}
