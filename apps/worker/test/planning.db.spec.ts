import { CampaignsService } from '@app/campaigns';
import { Carillon, tester } from '@app/testing/harness';
import { Client } from 'pg';

/** The key of an advisory lock on which huge plans wait: they take as long as the test says. */
const gate = 4_711;

describe('the plan of a huge campaign', () => {
  let carillon: Carillon;
  let gatekeeper: Client;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 10);
    await carillon.sql('CREATE TABLE huge (message_id uuid)');
    await carillon.sql(
      `CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT FROM huge WHERE huge.message_id = new.message_id) THEN
           PERFORM pg_advisory_xact_lock_shared(${gate});
         END IF;
         RETURN new;
       END $$`,
    );
    await carillon.sql(
      'CREATE TRIGGER take_long BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION take_long()',
    );
    gatekeeper = new Client({ connectionString: carillon.config.databaseUrl });
    await gatekeeper.connect();
    await carillon.startWorker();
  });
  afterAll(async () => {
    await gatekeeper.end();
    await carillon.close();
  });

  it('keeps no small one waiting, and no fault is seen in another huge one that waits for it', async () => {
    await gatekeeper.query('SELECT pg_advisory_lock($1)', [gate]);
    const huge = await launch({ isHuge: true });
    await carillon.until(async () => (await plansUnderWay()) === 1);
    await carillon.completed(await launch());

    const other = await launch({ isHuge: true });
    await carillon.until(async () => (await plansUnderWay()) === 2);
    await carillon.completed(await launch());
    await carillon.until(async () => (await plansUnderWay()) === 1);
    expect(await carillon.sql('SELECT FROM faults')).toEqual([]);

    await gatekeeper.query('SELECT pg_advisory_unlock($1)', [gate]);
    for (const messageId of [huge, other]) {
      expect(await carillon.completed(messageId)).toMatchObject({ accepted: 10 });
    }
  });

  async function launch({ isHuge = false } = {}): Promise<string> {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    if (isHuge) await carillon.sql('INSERT INTO huge VALUES ($1)', [messageId]);
    await carillon.get(CampaignsService).launch(tester, id);
    return messageId;
  }

  async function plansUnderWay(): Promise<number> {
    const rows = await carillon.sql(
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted",
      [gate],
    );
    return rows.length;
  }
});
