import { CampaignsService, NotificationsService } from '@app/campaigns';
import { Carillon, tester } from '@app/testing/harness';

/** The sessions that end before the database is well again. */
const cuts = 3;

describe('work that the end of its session interrupts', () => {
  let carillon: Carillon;
  let applicationId: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication({ apnsPerSecond: 1_000, fcmPerSecond: 1_000 });
    await carillon.createDevices(applicationId, 10);
    // A sequence counts what is rolled back, too.
    await carillon.sql('CREATE SEQUENCE cuts; CREATE SEQUENCE faults_noted');
    await carillon.sql(
      `CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF nextval('cuts') <= ${cuts} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
         RETURN new;
       END $$`,
    );
    await carillon.sql(
      `CREATE FUNCTION count_fault() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN PERFORM nextval(''faults_noted''); RETURN new; END'`,
    );
    await carillon.sql(
      'CREATE TRIGGER counted BEFORE INSERT OR UPDATE ON faults FOR EACH ROW EXECUTE FUNCTION count_fault()',
    );
    await carillon.startWorker();
  });
  afterAll(() => carillon.close());

  beforeEach(async () => {
    for (const sequence of ['cuts', 'faults_noted']) {
      await carillon.sql('SELECT setval($1, 1, false)', [sequence]);
    }
  });

  it('of a campaign, before the gateway can know us, is no attempt, and no fault of the gateway', async () => {
    await cutting('BEFORE INSERT OR UPDATE ON provider_tokens', async () => {
      const messageId = await launch();
      await carillon.completed(messageId);
      const attempts = await carillon.sql(
        'SELECT DISTINCT attempts FROM deliveries WHERE message_id = $1',
        [messageId],
      );
      expect(attempts).toEqual([{ attempts: 0 }]);
    });
    expect(await carillon.sql('SELECT DISTINCT pause_reason FROM lanes')).toEqual([
      { pause_reason: null },
    ]);
  });

  it.each([
    { kind: 'campaign', where: 'a pass', on: 'UPDATE ON lanes' },
    { kind: 'campaign', where: 'planning', on: 'INSERT ON deliveries' },
    { kind: 'campaign', where: 'recording', on: 'UPDATE ON deliveries' },
    { kind: 'notification', where: 'a pass', on: 'UPDATE ON lanes' },
    { kind: 'notification', where: 'recording', on: 'UPDATE ON deliveries' },
  ])('of a $kind, in $where, is done again, and is nobody’s fault', async ({ kind, on }) => {
    await cutting(`BEFORE ${on}`, async () => {
      await carillon.completed(kind === 'campaign' ? await launch() : await notify());
    });
    expect(await carillon.sql('SELECT is_called FROM faults_noted')).toEqual([
      { is_called: false },
    ]);
  });

  /** Ends sessions at what is named. */
  async function cutting(event: string, work: () => Promise<void>): Promise<void> {
    await carillon.sql(`CREATE TRIGGER cut ${event} FOR EACH STATEMENT EXECUTE FUNCTION cut()`);
    await work();
    await carillon.sql(`DROP TRIGGER cut ON ${event.split(' ').at(-1) ?? ''}`);
  }

  async function launch(): Promise<string> {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    return messageId;
  }

  async function notify(): Promise<string> {
    const { id } = await carillon.get(NotificationsService).notify(tester, {
      applicationId,
      userId: `user-${applicationId}-0`,
      content: { body: 'Hello', silent: false },
      personal: false,
    });
    return id;
  }
});
