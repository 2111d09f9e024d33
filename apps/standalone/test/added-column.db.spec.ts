import { randomUUID } from 'node:crypto';
import { CampaignsService, NotificationsService } from '@app/campaigns';
import { migrate } from '@app/core';
import { DeliveriesService } from '@app/delivery';
import {
  ActivationsService,
  DeviceImportsService,
  DeviceLists,
  DevicesService,
} from '@app/devices';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';
import { Carillon, tester } from '@app/testing/harness';
import { statementsBefore } from './statements-before';

/** After five calls PostgreSQL keeps the plan of a prepared statement. */
const often = 7;

describe('a column that a later release adds to every table', () => {
  let carillon: Carillon;
  let applicationId: number;

  beforeEach(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
  });
  afterEach(() => carillon.close());

  /** By names that a release might take, two of which our statements use for something else. */
  const addColumns = async () => {
    const tables = await carillon.sql<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
    );
    for (const { name } of tables) {
      await carillon.sql(
        `ALTER TABLE "${name}" ADD note text DEFAULT 'new', ADD IF NOT EXISTS created boolean, ADD IF NOT EXISTS address text`,
      );
    }
  };

  /** What registers on one connection, with all statements prepared. */
  const registrar = async (statements: typeof statementsBefore) => {
    const client = new Client({ connectionString: carillon.config.databaseUrl });
    await client.connect();
    const who = ['client', 'crm', null, null];
    const run = async (name: keyof typeof statementsBefore, values: unknown[]) =>
      (await client.query<{ token: string }>({ name, text: statements[name], values })).rows.map(
        ({ token }) => token,
      );
    return {
      async registerAll() {
        const [one, two, three, activation] = Array.from({ length: 4 }, () => randomUUID());
        await client.query('INSERT INTO activations (id, user_id, status) VALUES ($1, $2, $3)', [
          activation,
          'ann',
          'ACTIVE',
        ]);
        expect(await run('one', [...who, applicationId, 'android', one, 'ann', null])).toEqual([
          one,
        ]);
        expect(
          await run('together', [
            applicationId,
            ['client', 'client'],
            ['crm', 'crm'],
            [null, null],
            ['ios', 'android'],
            [two, three],
            ['ann', null],
          ]),
        ).toEqual(expect.arrayContaining([two, three]));
        for (const token of [one, randomUUID()]) {
          expect(
            await run('activations', [
              ...who,
              applicationId,
              'android',
              token,
              [activation],
              null,
              null,
              true,
            ]),
          ).toEqual([token]);
        }
        const last = randomUUID();
        const values = [applicationId, 'android', last, [activation], null, null, true];
        expect(await run('activationsBefore', values)).toEqual([last]);
        expect(await run('remove', [...who, applicationId, ['android'], [three]])).toEqual([three]);
      },
      end: () => client.end(),
    };
  };
  /** Takes migrations back until the function returns rows of the table. */
  const undo = async () => {
    const dataSource = await new DataSource({
      type: 'postgres',
      url: carillon.config.databaseUrl,
      ...schema,
    }).initialize();
    const isBefore = async () => {
      const rows = await dataSource.query<unknown[]>(
        `SELECT FROM pg_proc WHERE proname = 'register_activations' AND pronargs = 11 AND prorettype = 'devices'::regtype`,
      );
      return rows.length === 1;
    };
    while (!(await isBefore())) await dataSource.undoLastMigration();
    await dataSource.destroy();
  };

  it('does not hinder processes of the release before, whose statements are prepared', async () => {
    await carillon.sql(`INSERT INTO users VALUES ('ann')`);
    await undo();
    const before = await registrar(statementsBefore);
    for (let call = 0; call < often; call++) await before.registerAll();
    await migrate(carillon.config.databaseUrl, schema);
    for (let call = 0; call < often; call++) await before.registerAll();
    await carillon.sql(`ALTER TABLE devices ADD note text DEFAULT 'new'`);
    for (let call = 0; call < often; call++) await before.registerAll();
    await before.end();
  });

  it('does not hinder this one', async () => {
    await carillon.startWorker();
    const devices = carillon.get(DevicesService);
    const activations = carillon.get(ActivationsService);
    const notifications = carillon.get(NotificationsService);
    const campaigns = carillon.get(CampaignsService);
    const deliveries = carillon.get(DeliveriesService);
    const page = { first: 10 };
    const token = () => `android-${randomUUID()}`;
    const round = async () => {
      const address = () => ({ applicationId, platform: 'android' as const, token: token() });
      const userId = randomUUID();
      const ofUser = { ...address(), registrant: { userId } };
      const device = await devices.register(tester, ofUser);
      expect(device).toMatchObject({ token: ofUser.token, retiredAt: null });
      expect(device).not.toHaveProperty('note');
      expect((await devices.register(tester, ofUser)).id).toBe(device.id);
      const many = Array.from({ length: 5 }, () => ({ ...address(), registrant: { userId } }));
      expect(await Promise.all(many.map((one) => devices.register(tester, one)))).toHaveLength(5);
      const activationId = randomUUID();
      await activations.register(tester, { activationId, userId, status: 'ACTIVE' });
      const shared = await activations.registerDevice(tester, { ...address(), activationId });
      expect(shared).not.toHaveProperty('note');
      await devices.register(tester, { ...address(), registrant: { activationId } });
      await carillon
        .get(DeviceImportsService)
        .register(tester, applicationId, [{ platform: 'android', token: token(), userId }]);
      const [removed] = many;
      expect(
        await devices.remove(tester, applicationId, 'android', removed?.token ?? ''),
      ).not.toBeNull();
      const lists = carillon.get(DeviceLists);
      expect((await lists.list(tester, { applicationId }, 'newest', page)).length).toBeGreaterThan(
        0,
      );
      expect(await devices.get(tester, device.id)).toMatchObject({ id: device.id });

      const content = { title: 'Hello', silent: false };
      const sent = await notifications.send(tester, {
        applicationId,
        userId,
        content,
        personal: false,
      });
      const counts = await carillon.completed(sent.id);
      expect(counts.accepted).toBe(counts.total);
      expect(counts.total).toBeGreaterThan(0);
      expect((await deliveries.toUser(userId, [sent.id])).get(sent.id)).toHaveLength(counts.total);
      const campaign = await carillon.createCampaign(applicationId);
      await carillon.sql('INSERT INTO campaign_users (campaign_id, user_id) VALUES ($1, $2)', [
        campaign.id,
        userId,
      ]);
      await campaigns.launch(tester, campaign.id);
      expect((await carillon.completed(campaign.messageId)).accepted).toBe(counts.total);
    };
    for (let call = 0; call < often; call++) await round();
    await addColumns();
    for (let call = 0; call < often; call++) await round();
  });
});
