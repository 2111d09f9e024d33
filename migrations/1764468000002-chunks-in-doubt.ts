import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ChunksInDoubt1764468000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE chunks ADD COLUMN in_doubt boolean NOT NULL DEFAULT false',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE chunks DROP COLUMN in_doubt');
  }
}
