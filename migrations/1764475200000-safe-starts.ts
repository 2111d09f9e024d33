import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What keeps a start from doing harm: which gateways a database's workers lead to, and passwords for one sign-in. */
export class SafeStarts1764475200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- One row, made by the first worker.
      CREATE TABLE installation (
        id boolean NOT NULL DEFAULT true,
        gateways text NOT NULL,
        gateways_since timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT installation_pkey PRIMARY KEY (id),
        CONSTRAINT installation_id_check CHECK (id),
        CONSTRAINT installation_gateways_check CHECK (gateways IN ('real', 'simulated'))
      );

      -- A password that was shown to somebody else, or on a screen, is good for choosing another one.
      ALTER TABLE operators ADD password_is_temporary boolean NOT NULL DEFAULT false;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE operators DROP password_is_temporary;
      DROP TABLE installation;
    `);
  }
}
