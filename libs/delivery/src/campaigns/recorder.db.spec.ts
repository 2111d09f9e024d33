import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import type { Gateway } from '@app/core';
import { Messages } from '@app/delivery';
import { type Carillon, tester } from '@app/testing/harness';
import type { PostgresRelay } from '@app/testing/postgres-relay';
import { startRelayed } from '@app/testing/relayed';
import type { ClaimedChunk } from '../chunks/claims';
import { OutcomesLostError, Recorder } from './recorder';

/** The attempts after which a fault that is not the database's absence is no longer waited for. */
const manyAttempts = 8;

describe('results of a chunk', () => {
  let carillon: Carillon;
  let relay: PostgresRelay;
  let applicationId: number;
  let messageId: string;

  beforeAll(async () => {
    ({ carillon, relay } = await startRelayed());
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 20);
  });
  afterAll(() => carillon.close());
  beforeEach(async () => {
    await carillon.sql('TRUNCATE messages, deliveries CASCADE');
    const campaign = await carillon.createCampaign(applicationId);
    messageId = campaign.messageId;
    await carillon.get(CampaignsService).launch(tester, campaign.id);
    await carillon.get(CampaignPlanning).plan({ messageId });
  });

  it('are stored each as it is, however accepted ones and others alternate', async () => {
    const recorder = start('apns');
    for (const seq of [6, 1, 0, 2]) recorder.add({ seq, state: 'accepted' });
    recorder.add({ seq: 3, state: 'failed', reason: 'Unregistered' });
    recorder.add({ seq: 5, state: 'pending', reason: 'ServiceUnavailable', retryInMs: 60_000 });
    await recorder.flush();
    expect(await rows('apns')).toEqual([
      ...[0, 1, 2].map((seq) => accepted(seq)),
      { seq: 3, state: 'failed', reason: 'Unregistered', attempts: 0, name: null, ended: true },
      { seq: 4, state: 'pending', reason: null, attempts: 0, name: null, ended: false },
      {
        ...{ seq: 5, state: 'pending', reason: 'ServiceUnavailable', attempts: 1, name: null },
        ended: false,
      },
      accepted(6),
      ...[7, 8, 9].map((seq) => ({ ...accepted(seq), state: 'pending', ended: false })),
    ]);
    expect(await counts()).toMatchObject({ accepted: 4, failed: 1, pending: 15 });
  });

  it('count once, though they come twice, and change nothing that is final', async () => {
    await carillon.sql(
      `UPDATE deliveries SET state = 'failed', reason = 'GIVEN_UP' WHERE message_id = $1 AND gateway = 'apns' AND seq = 4`,
      [messageId],
    );
    for (let time = 0; time < 2; time++) {
      const recorder = start('apns');
      for (let seq = 0; seq < 10; seq++) recorder.add({ seq, state: 'accepted' });
      await recorder.flush();
    }
    expect((await rows('apns'))[4]).toMatchObject({ state: 'failed', reason: 'GIVEN_UP' });
    expect(await counts()).toMatchObject({ accepted: 9 });
  });

  it('keep the name that a gateway gives, each its own', async () => {
    const recorder = start('fcm');
    for (const seq of [2, 0]) recorder.add({ seq, state: 'accepted', gatewayId: `name ${seq}` });
    recorder.add({ seq: 1, state: 'accepted' });
    await recorder.flush();
    expect((await rows('fcm')).slice(0, 3)).toEqual([
      accepted(0, 'name 0'),
      accepted(1),
      accepted(2, 'name 2'),
    ]);
  });

  it('keep a name of any form', async () => {
    const names = ['two\nlines', '{"a",\\b}', "it's", 'plain', ''];
    const recorder = start('fcm');
    names.forEach((gatewayId, seq) => {
      recorder.add({ seq, state: 'accepted', gatewayId });
    });
    await recorder.flush();
    expect((await rows('fcm')).slice(0, 5)).toEqual(names.map((name, seq) => accepted(seq, name)));
  });

  it('make a device that accepted one no longer suspect, and no other', async () => {
    await carillon.sql(
      `INSERT INTO suspects (device_id, reason, since, realm)
       SELECT device_id, 'BadDeviceToken', now(), 'TEAM.app production' FROM deliveries
       WHERE message_id = $1 AND gateway = 'apns' AND seq < 3`,
      [messageId],
    );
    const recorder = start('apns');
    recorder.add({ seq: 0, state: 'accepted' });
    recorder.add({ seq: 1, state: 'failed', reason: 'PayloadTooLarge' });
    recorder.add({ seq: 7, state: 'accepted' });
    await recorder.flush();
    const left = await carillon.sql(
      'SELECT seq FROM deliveries JOIN suspects USING (device_id) WHERE message_id = $1 ORDER BY seq',
      [messageId],
    );
    expect(left).toEqual([{ seq: 1 }, { seq: 2 }]);
    await carillon.sql('DELETE FROM suspects');
  });

  describe('while PostgreSQL is away', () => {
    beforeEach(() => {
      relay.ended = 0;
      relay.endsSessionsAtOnce = true;
      relay.cut();
    });
    afterEach(() => {
      relay.endsSessionsAtOnce = false;
    });

    it('are kept as long as the claim stands, and stored when it is back', async () => {
      const recorder = start('apns');
      for (let seq = 0; seq < 10; seq++) recorder.add({ seq, state: 'accepted' });
      const flushed = recorder.flush();
      let isLost = false;
      flushed.catch(() => {
        isLost = true;
      });
      await carillon.until(() => isLost || relay.ended >= manyAttempts);
      relay.endsSessionsAtOnce = false;
      await flushed;
      expect(await counts()).toMatchObject({ accepted: 10 });
    });

    it('are given up once another may have sent them', async () => {
      let isHeld = true;
      const recorder = start('apns', () => isHeld);
      recorder.add({ seq: 0, state: 'accepted' });
      const flushed = recorder.flush();
      const outcome = expect(flushed).rejects.toThrow(OutcomesLostError);
      await carillon.until(() => relay.ended >= manyAttempts);
      isHeld = false;
      await outcome;
    });
  });

  function start(gateway: Gateway, isHeld = () => true) {
    const place = { messageId, gateway, number: 0, firstSeq: 0, size: 10 };
    return carillon.get(Recorder).start(place as ClaimedChunk, isHeld);
  }

  const counts = () => carillon.get(Messages).counts(messageId);

  const rows = (gateway: Gateway) =>
    carillon.sql<object>(
      `SELECT seq, state, reason, attempts, gateway_id AS name, finished_at IS NOT NULL AS ended FROM deliveries
       WHERE message_id = $1 AND gateway = $2 ORDER BY seq`,
      [messageId, gateway],
    );

  const accepted = (seq: number, name: string | null = null) => ({
    ...{ seq, state: 'accepted', reason: null, attempts: 0, name },
    ended: true,
  });
});
