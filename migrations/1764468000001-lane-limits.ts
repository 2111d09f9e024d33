import type { MigrationInterface, QueryRunner } from 'typeorm';

export class LaneLimits1764468000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE lanes ADD COLUMN per_second integer');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE lanes DROP COLUMN per_second');
  }
}
