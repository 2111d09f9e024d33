import { ApplicationsService } from '@app/applications';
import { CampaignPlanning, CampaignsService, NotificationsService } from '@app/campaigns';
import { DomainError } from '@app/core';
import { Carillon, tester } from '../../../apps/standalone/test/harness';

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
      `SELECT DISTINCT application_id AS id FROM ${table} LEFT JOIN messages ON messages.id = message_id`,
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
      carillon.get(NotificationsService).send(tester, {
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
