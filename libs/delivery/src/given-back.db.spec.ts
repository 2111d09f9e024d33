import { CampaignPlanning, CampaignsService, NotificationsService } from '@app/campaigns';
import { Backlog, CampaignBacklog, CampaignSender } from '@app/delivery';
import { type Carillon, tester } from '@app/testing/harness';
import type { PostgresRelay } from '@app/testing/postgres-relay';
import { startRelayed } from '@app/testing/relayed';
import { NotificationSender } from './notifications/notification-sender';

/** The sessions that end before PostgreSQL is back: enough for each query of a pass, and for giving back. */
const manySessions = 8;

describe('chunks whose pass PostgreSQL leaves', () => {
  let carillon: Carillon;
  let relay: PostgresRelay;
  let lane: { readonly applicationId: number; readonly gateway: 'apns' };

  beforeAll(async () => {
    ({ carillon, relay } = await startRelayed());
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 20);
    lane = { applicationId, gateway: 'apns' };
  });
  afterAll(() => carillon.close());
  beforeEach(() => carillon.sql('TRUNCATE messages, deliveries CASCADE'));

  it('are given back when it is there again, and nobody doubts what they sent: of a campaign', async () => {
    const { id, messageId } = await carillon.createCampaign(lane.applicationId);
    await carillon.get(CampaignsService).launch(tester, id);
    await carillon.get(CampaignPlanning).plan({ messageId });
    const [chunk] = await carillon.get(CampaignBacklog).claim(lane, 1);
    if (chunk === undefined) throw new Error('Nothing to claim');
    await whileAway(() => carillon.get(CampaignSender).send(chunk));
    expect(await chunks()).toEqual([{ state: 'waiting', owner: null, in_doubt: false }]);
  });

  it('are given back when it is there again, and nobody doubts what they sent: of notifications', async () => {
    const inputs = [0, 2, 4].map((number) => ({
      applicationId: lane.applicationId,
      userId: `user-${lane.applicationId}-${number}`,
      content: { body: 'Hello', silent: false },
      personal: false,
    }));
    await carillon.get(NotificationsService).notifyMany(tester, inputs);
    const claimed = await carillon.get(Backlog).claim(lane, 10);
    const sender = carillon.get(NotificationSender);
    await whileAway(() => sender.send(lane, claimed, sender.way(lane)));
    const givenBack = { state: 'waiting', owner: null, in_doubt: false };
    expect(await chunks()).toEqual([givenBack, givenBack, givenBack]);
  });

  /** Works while each session ends as it begins, until it had to try often. */
  async function whileAway(work: () => Promise<void>): Promise<void> {
    relay.ended = 0;
    relay.endsSessionsAtOnce = true;
    relay.cut();
    const done = work();
    await carillon.until(() => relay.ended >= manySessions);
    relay.endsSessionsAtOnce = false;
    await done;
  }

  const chunks = () =>
    carillon.sql("SELECT state, owner, in_doubt FROM chunks WHERE gateway = 'apns'");
});
