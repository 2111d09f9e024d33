import { setTimeout as sleep } from 'node:timers/promises';
import { CampaignsService } from '@app/campaigns';
import { Carillon, tester } from '@app/testing/harness';
import { benchBacking } from './kit/backing';
import { leftBehind } from './kit/left-behind';

const seconds = 10;

/**
 * Measures how close one or more worker processes keep to the limit of a lane over ten seconds, as the gateway counts,
 * and how often the gateway found them too fast.
 */
export async function pace(limit = '500', workers = '1'): Promise<object> {
  const perSecond = Number(limit);
  const carillon = await Carillon.start({}, {}, await benchBacking());
  try {
    const applicationId = await carillon.createApplication({ apnsPerSecond: perSecond });
    await carillon.createDevices(applicationId, perSecond * (seconds + 10) * 2);
    await carillon.sql("DELETE FROM devices WHERE platform = 'android'");
    const { id } = await carillon.createCampaign(applicationId);
    for (let i = 0; i < Number(workers); i++) {
      const { pid } = await carillon.startWorkerProcess();
      if (pid !== undefined) leftBehind.add(pid);
    }
    await carillon.get(CampaignsService).launch(tester, id);

    const { ledger } = carillon.simulator;
    const accepted = () => ledger.summary().apns.accepted;
    while (accepted() < perSecond * 2) await sleep(10); // every worker is there by then
    const before = accepted();
    const startedAt = performance.now();
    await sleep(seconds * 1000);
    const measured = ((accepted() - before) * 1000) / (performance.now() - startedAt);
    return {
      bench: 'pace',
      perSecond,
      workers: Number(workers),
      measured: Math.round(measured * 10) / 10,
      ratio: Math.round((measured / perSecond) * 1000) / 1000,
      rejected: ledger.summary().apns.rejected,
    };
  } finally {
    await carillon.close();
  }
}
