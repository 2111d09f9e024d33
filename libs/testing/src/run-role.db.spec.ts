import { randomBytes } from 'node:crypto';
import { Audit, AuditLinker, AuditRetention } from '@app/audit';
import { migrate } from '@app/core';
import { CampaignsService } from '@app/campaigns';
import { DevicesService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';
import { createTestDatabase } from '@app/testing/database';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';

const role = `run_${randomBytes(6).toString('hex')}`;

describe('services whose role does not own the database', () => {
  let carillon: Carillon;
  let owner: Client;

  beforeAll(async () => {
    const database = await createTestDatabase();
    owner = new Client({ connectionString: database.url });
    await owner.connect();
    await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await migrate(database.url, schema, role);
    const url = Object.assign(new URL(database.url), { username: role, password: 'secret' }).href;
    const drop = async () => {
      await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      await owner.end();
      await database.drop();
    };
    carillon = await Carillon.start(
      {},
      {},
      {
        database: () => Promise.resolve({ url, drop }),
        redisUrl: () => Promise.resolve(undefined),
      },
    );
  });
  afterAll(() => carillon.close());

  it('do all that they are for', async () => {
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 10);
    await carillon.get(DevicesService).register(tester, {
      applicationId,
      platform: 'android',
      token: 'android-of-ann',
      registrant: { userId: 'ann' },
    });
    await carillon.startWorker();
    const campaign = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, campaign.id);
    const message = await owner.query<{ id: string }>('SELECT id FROM messages');
    expect(await carillon.completed(message.rows[0]?.id ?? '')).toMatchObject({ accepted: 10 });
    const { manager } = carillon.get(DataSource);
    await carillon.get(Audit).record(tester, { action: 'a.b', target: 'c' }, manager);
    await carillon.until(async () => {
      return (await carillon.sql('SELECT FROM audit_checkpoints')).length > 0;
    });
  });

  it.each([
    'UPDATE audit_events SET reason = NULL',
    'DELETE FROM audit_events',
    'TRUNCATE audit_events',
    "INSERT INTO audit_events (id, actor_kind, actor_id, action, target) VALUES (1, '', '', '', '')",
    "INSERT INTO audit_events (at, actor_kind, actor_id, action, target) VALUES ('yesterday', '', '', '', '')",
    'ALTER TABLE audit_events DISABLE TRIGGER ALL',
    'DROP TABLE audit_events',
    "INSERT INTO audit_links VALUES (1, 1, '{1}', '{0}', '{a}')",
    'UPDATE audit_links SET hashes = hashes',
    'DELETE FROM audit_links',
    'UPDATE audit_heads SET length = 0',
    'DELETE FROM audit_checkpoints',
    'UPDATE audit_checkpoints SET jws = jws',
    'DELETE FROM audit_bases',
    "INSERT INTO audit_bases VALUES (1, '')",
    'DELETE FROM audit_keys',
    'DELETE FROM migrations',
    'DELETE FROM required_migrations',
    'CREATE TABLE mine (it text)',
    'TRUNCATE devices CASCADE',
    'SET session_replication_role = replica',
    'CREATE OR REPLACE FUNCTION forget_audit_events(most integer) RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$',
  ])('cannot do this: %s', async (statement) => {
    await expect(carillon.sql(statement)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('cannot forget what is young, nor link what is linked', async () => {
    await expect(carillon.sql("SELECT cut_audit_trail(1000000, '')")).rejects.toThrow(
      'keeps thirty days',
    );
    await expect(carillon.sql("SELECT link_audit_events('{1}', '{0}', '{a}')")).rejects.toThrow(
      'is linked already',
    );
    expect(await carillon.get(AuditRetention).forgetOld()).toBe(0);
    expect(carillon.get(AuditLinker)).toBeInstanceOf(AuditLinker);
  });

  it('are not given the rights where they have more already', async () => {
    await expect(migrate(carillon.config.databaseUrl, schema, role)).rejects.toThrow(
      /superuser, or has the rights of the owner|permission denied/,
    );
  });
});
