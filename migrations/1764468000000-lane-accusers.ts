import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LaneAccusers1764468000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- No foreign keys: either may be removed while the breaker is open.
      ALTER TABLE lanes ADD COLUMN open_message_id uuid, ADD COLUMN open_device_id bigint;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE lanes DROP COLUMN open_message_id, DROP COLUMN open_device_id',
    );
  }
}
