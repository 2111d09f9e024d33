import type { MigrationInterface, QueryRunner } from 'typeorm';
import { applications } from './initial/applications';
import { audit } from './initial/audit';
import { auth } from './initial/auth';
import { campaigns } from './initial/campaigns';
import { core } from './initial/core';
import { delivery } from './initial/delivery';
import { devices } from './initial/devices';
import { idempotency } from './initial/idempotency';
import { keys } from './initial/keys';

/** In this order, each lib's tables stand on those before them. */
const libs = [core, idempotency, audit, keys, applications, auth, devices, delivery, campaigns];

export class Initial1764633600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const { up } of libs) await queryRunner.query(up);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { down } of libs.toReversed()) await queryRunner.query(down);
  }
}
