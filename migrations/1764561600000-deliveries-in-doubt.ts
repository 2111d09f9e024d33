import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DeliveriesInDoubt1764561600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE deliveries ADD COLUMN in_doubt boolean NOT NULL DEFAULT false',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE deliveries DROP COLUMN in_doubt');
  }
}
