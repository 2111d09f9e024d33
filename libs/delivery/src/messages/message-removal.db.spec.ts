import { ApplicationsService } from '@app/applications';
import { CampaignPlanning, CampaignsService, NotificationsService } from '@app/campaigns';
import { DomainError, outside, UnitsOfWork } from '@app/core';
import { Carillon, tester } from '@app/testing/harness';

describe('the removal of an application', () => {
  let carillon: Carillon;
  let gone: number;
  let kept: number;

  beforeAll(async () => {
    carillon = await Carillon.start();
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE applications, messages, deliveries, users CASCADE');
    [gone, kept] = [await carillon.createApplication(), await carillon.createApplication()];
    for (const id of [gone, kept]) await carillon.createDevices(id, 10);
  });

  const remove = () => carillon.get(ApplicationsService).remove(tester, gone);
  const campaign = async (applicationId: number) => {
    const { id, messageId } = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    return carillon.get(CampaignPlanning).plan({ messageId });
  };
  const left = (table: string) =>
    carillon.sql<{ id: number }>(
      `SELECT DISTINCT messages.application_id AS id FROM ${table} LEFT JOIN messages ON messages.id = message_id`,
    );

  it('takes its messages with their deliveries, and no other’s', async () => {
    await Promise.all([campaign(gone), campaign(kept)]);
    await remove();
    for (const table of ['deliveries', 'chunks', 'campaigns']) {
      expect(await left(table)).toEqual([{ id: kept }]);
    }
  });

  it('leaves no delivery behind, though it is sent to at the same moment', async () => {
    const send = () =>
      carillon.get(NotificationsService).notify(tester, {
        applicationId: gone,
        userId: `user-${gone}-1`,
        content: { title: 'Your code', silent: false },
        personal: false,
      });
    const sends = Array.from({ length: 20 }, () =>
      send().then(
        () => 'sent',
        (error: unknown) => (error instanceof DomainError ? error.kind : error),
      ),
    );
    await Promise.allSettled([campaign(gone), remove()]);
    for (const fate of await Promise.all(sends)) expect(['sent', 'not_found']).toContain(fate);
    expect(await carillon.sql('SELECT FROM applications WHERE id = $1', [gone])).toEqual([]);
    expect(await left('deliveries')).toEqual([]);
  });
});

describe('the removal of a campaign within a unit of work', () => {
  let carillon: Carillon;
  let id: number;
  beforeAll(async () => {
    carillon = await Carillon.start();
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 10);
    const campaign = await carillon.createCampaign(applicationId);
    ({ id } = campaign);
    await carillon.get(CampaignsService).launch(tester, id);
    await carillon.get(CampaignPlanning).plan(campaign);
    await carillon.sql(
      `UPDATE chunks SET state = 'working', owner = gen_random_uuid(), wake_at = now() + interval '1 hour'`,
    );
  });
  afterAll(() => carillon.close());

  const units = () => carillon.get(UnitsOfWork);
  const state = async () =>
    (await carillon.sql<{ state: string }>('SELECT state FROM messages'))[0];

  it('does not wait for ever for what the unit itself has changed', async () => {
    await units().scope(async () => {
      const unit = await units().begin();
      await carillon.get(CampaignsService).cancel(tester, id);
      await expect(carillon.get(CampaignsService).remove(tester, id)).rejects.toThrow(
        'lock timeout',
      );
      await unit.rollback();
    });
    expect(await state()).toEqual({ state: 'running' });
  });

  it('lets workers see that it is cancelled, and is undone with the unit', async () => {
    await units().scope(async () => {
      const unit = await units().begin();
      const removed = carillon.get(CampaignsService).remove(tester, id);
      await carillon.until(async () => (await seen())?.state === 'cancelled');
      await finish();
      expect(await removed).toMatchObject({ id });
      await unit.rollback();
    });
    expect(await state()).toEqual({ state: 'cancelled' });
  });

  /** As another process sees it. */
  const seen = () => outside(state);
  /** As a worker does that has nothing more to do. */
  const finish = () =>
    outside(() => carillon.sql(`UPDATE chunks SET state = 'finished', owner = NULL`));
});
