import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { CampaignsService, NotificationsService } from '@app/campaigns';
import { type DeliveryCounts, Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';
import type { INestApplicationContext } from '@nestjs/common';

describe('while a gateway takes a connection and says nothing, a delivery that waits for it', () => {
  let carillon: Carillon;
  let worker: INestApplicationContext;
  let server: Server;
  /** Connections that wait for what they lead to. */
  let held: Socket[];
  let passOn: ((near: Socket) => void) | undefined;
  let applicationId: number;
  let campaign: { readonly id: number; readonly messageId: string };

  beforeEach(async () => {
    held = [];
    passOn = undefined;
    server = createServer((near) => {
      near.on('error', () => near.destroy());
      if (passOn === undefined) held.push(near);
      else passOn(near);
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    carillon = await Carillon.start({}, { APNS_URL: `https://localhost:${port}` });
    applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, 100);
    await carillon.sql("DELETE FROM devices WHERE platform = 'android'");
    campaign = await carillon.createCampaign(applicationId);
    await carillon.get(CampaignsService).launch(tester, campaign.id);
    worker = await carillon.startWorker();
    await carillon.until(() => held.length > 0);
    await carillon.until(async () => (await stateOfChunk()) === 'working');
  });

  afterEach(async () => {
    await carillon.close();
    for (const socket of held) socket.destroy();
    server.close();
  });

  it('stays where it is after a pause, and goes with the resumption', async () => {
    await carillon.get(CampaignsService).pause(tester, campaign.id);
    await expectGivenBack();

    letConnect();
    await notify();
    expect((await counts()).pending).toBe(50);
    expect(carillon.simulator.ledger.summary().apns.requests).toBe(1);
    await carillon.get(CampaignsService).resume(tester, campaign.id);
    expect(await carillon.completed(campaign.messageId)).toMatchObject({ accepted: 50 });
  });

  it('is skipped by a cancellation', async () => {
    await carillon.get(CampaignsService).cancel(tester, campaign.id);
    await carillon.until(async () => (await counts()).pending === 0);
    await expectGivenBack();

    letConnect();
    await notify();
    expect(carillon.simulator.ledger.summary().apns.requests).toBe(1);
  });

  it('is given back when the worker ends', async () => {
    await worker.close();
    await expectGivenBack();
    expect((await counts()).pending).toBe(50);
  });

  /** The lane is not paused: the connection is still being opened, or was until the worker closed it. */
  async function expectGivenBack(): Promise<void> {
    await carillon.until(async () => (await stateOfChunk()) !== 'working');
    expect(held).toHaveLength(1);
    const [lane] = await carillon.sql<{ pause_reason: string | null }>(
      "SELECT pause_reason FROM lanes WHERE application_id = $1 AND gateway = 'apns'",
      [applicationId],
    );
    expect(lane?.pause_reason).toBeNull();
  }

  function letConnect(): void {
    const { port } = new URL(carillon.simulator.apnsUrl);
    passOn = (near) => {
      const far = connect(Number(port), 'localhost').on('error', () => near.destroy());
      near.pipe(far).pipe(near);
    };
    for (const near of held.splice(0)) passOn(near);
  }

  /** Sends along the same lane: behind all that waits for its connection. */
  async function notify(): Promise<void> {
    const { id } = await carillon.get(NotificationsService).notify(tester, {
      applicationId,
      userId: `user-${applicationId}-0`,
      content: { title: 'Your code', body: '123 456', silent: false },
      personal: false,
    });
    expect(await carillon.completed(id)).toMatchObject({ total: 1, accepted: 1 });
  }

  async function stateOfChunk(): Promise<string | undefined> {
    const [row] = await carillon.sql<{ state: string }>(
      "SELECT state FROM chunks WHERE message_id = $1 AND gateway = 'apns'",
      [campaign.messageId],
    );
    return row?.state;
  }

  function counts(): Promise<DeliveryCounts> {
    return carillon.get(Messages).counts(campaign.messageId);
  }
});
