import { ApplicationStore } from '@app/applications';
import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import { LaneLimits, Lanes, Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

/** On iOS; the others go another way. */
const count = 5;

describe('a pass that waits for its lane for an hour', () => {
  let carillon: Carillon;
  let applicationId: number;
  let campaignId: number;
  let messageId: string;

  beforeEach(async () => {
    carillon = await Carillon.start();
    applicationId = await carillon.createApplication({ apnsPerSecond: 1 });
    await carillon.createDevices(applicationId, 2 * count);
    await carillon.sql(
      "INSERT INTO lanes (application_id, gateway, next_at) VALUES ($1, 'apns', now() + interval '1 hour')",
      [applicationId],
    );
    ({ id: campaignId, messageId } = await carillon.createCampaign(applicationId));
    await carillon.get(CampaignsService).launch(tester, campaignId);
    await carillon.get(CampaignPlanning).plan({ messageId });
    await carillon.startWorker();
    await carillon.until(async () => (await stateOfChunk()) === 'working');
    await carillon.until(async () => (await accepted()) === count);
  });
  afterEach(() => carillon.close());

  it.each([0, 1_000])('goes on when the limit is raised to %d', async (apnsPerSecond) => {
    await carillon.get(LaneLimits).set(tester, applicationId, { apnsPerSecond });
    expect(await carillon.completed(messageId)).toMatchObject({ accepted: 2 * count });
  });

  it('sees that the breaker opened meanwhile', async () => {
    const credential = await carillon.get(ApplicationStore).credential(applicationId, 'apns');
    const version = credential?.version ?? '';
    await carillon.get(Lanes).open(applicationId, 'apns', version, 'TopicDisallowed');
    await carillon.until(async () => (await stateOfChunk()) === 'waiting');
    expect(await accepted()).toBe(count);
  });

  it('sees that the gateway asked for a pause meanwhile', async () => {
    await carillon.get(Lanes).pause(applicationId, 'apns', 'ServiceUnavailable', 3_600_000);
    await carillon.until(async () => (await stateOfChunk()) === 'waiting');
    expect(await accepted()).toBe(count);
  });

  it('sees that the campaign was paused meanwhile', async () => {
    await carillon.get(CampaignsService).pause(tester, campaignId);
    await carillon.until(async () => (await stateOfChunk()) === 'waiting');
    expect(await accepted()).toBe(count);
  });

  async function stateOfChunk(): Promise<string | undefined> {
    const [row] = await carillon.sql<{ state: string }>(
      "SELECT state FROM chunks WHERE message_id = $1 AND gateway = 'apns'",
      [messageId],
    );
    return row?.state;
  }

  async function accepted(): Promise<number> {
    return (await carillon.get(Messages).counts(messageId)).accepted;
  }
});
