import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a request with an Idempotency-Key made is known before its answer is. */
export class DoneKeys1764460800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- A key is stored with the effect of its request. Where that has to be seen before it can be answered, made is
      -- what a repeat answers from: ids, no secrets.
      ALTER TABLE idempotency_keys ADD made jsonb;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE idempotency_keys DROP made');
  }
}
