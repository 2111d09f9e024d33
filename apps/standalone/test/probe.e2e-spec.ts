import { CredentialsService, ApplicationStore } from '@app/applications';
import { CampaignPlanning, CampaignsService } from '@app/campaigns';
import { DeliveryLists, Lanes } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';

/** On iOS, half of all. */
const count = 8;

describe("a lane's breaker", () => {
  let carillon: Carillon;
  let lanes: Lanes;
  let applicationId: number;
  let messageId: string;

  beforeEach(async () => {
    carillon = await Carillon.start();
    lanes = carillon.get(Lanes);
    applicationId = await carillon.createApplication();
    await carillon.get(CredentialsService).remove(tester, applicationId, 'fcm');
    await carillon.createDevices(applicationId, 2 * count);
    await carillon.sql("INSERT INTO lanes (application_id, gateway) VALUES ($1, 'apns')", [
      applicationId,
    ]);
    const campaign = await carillon.createCampaign(applicationId);
    messageId = campaign.messageId;
    await carillon.get(CampaignsService).launch(tester, campaign.id);
    await carillon.get(CampaignPlanning).plan({ messageId });
  });
  afterEach(() => carillon.close());

  it('has its probe tried with a delivery that is sent, however many before it are not', async () => {
    const [removed, retired, illegible] = await planned();
    await carillon.sql('DELETE FROM devices WHERE id = $1', [removed]);
    await carillon.sql(
      "UPDATE devices SET retired_at = now(), retired_reason = 'Unregistered' WHERE id = $1",
      [retired],
    );
    await carillon.sql("UPDATE devices SET token = 'xyz' WHERE id = $1", [illegible]);
    await open();
    await carillon.sql('UPDATE lanes SET probe_at = now()');

    await carillon.startWorker();
    expect(await carillon.completed(messageId)).toMatchObject({
      accepted: count - 3,
      failed: 1,
      skipped: count + 2,
    });
    const [lane] = await lanes.list(tester, applicationId);
    expect(lane).toMatchObject({ openVersion: null, openMessageId: null, openDeviceId: null });
  });

  it('gives its probe to the next chunk when it never reached the gateway', async () => {
    await open();
    const until = "now() + interval '1 hour'";
    await carillon.sql(`UPDATE lanes SET probe_at = ${until}`);
    await carillon.sql(`UPDATE chunks SET wake_at = ${until} WHERE gateway = 'apns'`);
    await lanes.returnProbe(applicationId, 'apns', await version());

    await carillon.startWorker();
    expect(await carillon.completed(messageId)).toMatchObject({ accepted: count });
  });

  it('names the delivery and the device that were answered so', async () => {
    const [token] = await carillon.sql<{ token: string }>(
      "SELECT token FROM devices WHERE platform = 'ios' ORDER BY id OFFSET 3 LIMIT 1",
    );
    carillon.simulator.faults.add({
      gateway: 'apns',
      token: token?.token,
      action: { type: 'answer', status: 403, reason: 'InvalidProviderToken' },
    });
    await carillon.startWorker();
    const ofLane = async () => (await lanes.list(tester, applicationId))[0];
    await carillon.until(async () => (await ofLane())?.openVersion != null);

    const lane = await ofLane();
    if (lane === undefined) throw new Error('No lane');
    const deviceId = (await planned())[3] ?? '';
    const deliveries = carillon.get(DeliveryLists);
    const [delivery] =
      (await deliveries.ofDevices([deviceId], {}, { first: 1 })).get(deviceId)?.items ?? [];
    if (delivery === undefined) throw new Error('No delivery');
    expect(lanes.witnessOf(lane)).toEqual({
      deliveryId: deliveries.idOf(delivery),
      deviceId,
    });
  });

  /** The devices of the message on iOS, in the order of sending. */
  async function planned(): Promise<string[]> {
    const rows = await carillon.sql<{ device_id: string }>(
      "SELECT device_id FROM deliveries WHERE message_id = $1 AND gateway = 'apns' ORDER BY seq",
      [messageId],
    );
    return rows.map(({ device_id }) => device_id);
  }

  async function version(): Promise<string> {
    const credential = await carillon.get(ApplicationStore).credential(applicationId, 'apns');
    return credential?.version ?? '';
  }

  async function open(): Promise<void> {
    await lanes.open(applicationId, 'apns', await version(), 'InvalidProviderToken');
  }
});
