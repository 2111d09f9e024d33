import { once } from 'node:events';
import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import { SystemClock } from '@app/core';
import { Messages } from '@app/delivery';
import { DataSource } from 'typeorm';
import { Carillon, tester } from '@app/testing/harness';

describe('a delivery to a dead token', () => {
  let carillon: Carillon;

  beforeAll(async () => {
    carillon = await Carillon.start();
  });
  afterAll(() => carillon.close());

  it('fails for the reason that the gateway gave, though worker and connection die while it is stored', async () => {
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 1);
    const [device = { id: '', token: '' }] = await carillon.sql<{ id: string; token: string }>(
      'SELECT id, token FROM devices WHERE application_id = $1',
      [applicationId],
    );
    carillon.simulator.devices.unregister('apns', device.token, new SystemClock().now());
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    await carillon.get(CampaignPlanning).plan({ messageId });

    // Whoever wants to store the outcome waits for this lock.
    const lock = carillon.get(DataSource).createQueryRunner();
    await lock.startTransaction();
    await lock.query('SELECT FROM deliveries WHERE message_id = $1 FOR UPDATE', [messageId]);
    const first = await carillon.startWorkerProcess();
    await carillon.until(async () => (await waiting()).length > 0);
    first.kill('SIGKILL');
    await once(first, 'exit');
    for (const { pid } of await waiting()) {
      await carillon.sql('SELECT pg_terminate_backend($1)', [pid]);
    }
    await carillon.until(async () => (await waiting()).length === 0);
    await lock.rollbackTransaction();
    await lock.release();

    const second = await carillon.startWorker();
    expect(await carillon.completed(messageId)).toMatchObject({ total: 1, failed: 1 });
    expect(await carillon.get(Messages).reasons(messageId)).toEqual([
      { state: 'failed', reason: 'Unregistered', count: 1 },
    ]);
    expect(
      await carillon.sql('SELECT retired_reason AS reason FROM devices WHERE id = $1', [device.id]),
    ).toEqual([{ reason: 'Unregistered' }]);
    await second.close();
  });

  /** The connections that wait to store an outcome. */
  function waiting(): Promise<{ readonly pid: number }[]> {
    return carillon.sql(
      `SELECT pid FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE deliveries%'`,
    );
  }
});
