import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CampaignsService } from '@app/campaigns';
import { Messages } from '@app/delivery';
import { Carillon, tester } from '@app/testing/harness';
import { benchBacking } from './kit/backing';
import { SlowGateway } from './kit/slow-gateway';

const ways = ['pause', 'cancel', 'SIGTERM'] as const;
/** How long nothing may arrive before a campaign counts as stopped. */
const silenceMs = 8_000;

/**
 * Measures how long after the answer to a pause or a cancellation, and after the SIGTERM of the only worker, the last send
 * of a campaign arrives at the gateway, and how long the worker takes to end.
 * @param latencies of the gateway in milliseconds, separated by commas
 */
export async function pause(latencies = '0,200,1000,5000', devices = '100000'): Promise<object> {
  const runs: object[] = [];
  for (const latencyMs of latencies.split(',').map(Number)) {
    runs.push({ latencyMs, ...(await measure(latencyMs, Number(devices))) });
  }
  return { bench: 'pause', devices: Number(devices), runs };
}

async function measure(latencyMs: number, devices: number): Promise<object> {
  const gateway = await SlowGateway.start(latencyMs);
  const caFile = join(mkdtempSync(join(tmpdir(), 'carillon-bench-')), 'gateway.pem');
  writeFileSync(caFile, gateway.ca);
  const carillon = await Carillon.start(
    {},
    { APNS_URL: gateway.url, GATEWAY_CA_FILE: caFile },
    await benchBacking(),
  );
  try {
    const applicationId = await carillon.createApplication();
    await carillon.createDevices(applicationId, devices * 2);
    await carillon.sql("DELETE FROM devices WHERE platform = 'android'");
    await carillon.sql('ANALYZE');
    const campaigns = carillon.get(CampaignsService);
    const messages = carillon.get(Messages);
    const worker = await carillon.startWorkerProcess();
    const lastSendMs: Record<string, number> = {};
    let endedMs = 0;
    for (const way of ways) {
      const { id, messageId } = await carillon.createCampaign(applicationId);
      const before = gateway.arrived;
      await campaigns.launch(tester, id);
      while (gateway.arrived === before) await sleep(5);
      await sleep(1_500 + 2 * latencyMs);
      let toldAt = performance.now();
      if (way === 'SIGTERM') {
        worker.kill(way);
        await once(worker, 'exit');
        endedMs = performance.now() - toldAt;
      } else {
        await campaigns[way](tester, id);
        toldAt = performance.now();
      }
      let quietSince = performance.now();
      let seen = -1;
      while (performance.now() - quietSince < silenceMs) {
        if (seen !== gateway.arrived) quietSince = performance.now();
        seen = gateway.arrived;
        await sleep(50);
      }
      lastSendMs[way] = Math.round(Math.max(0, gateway.lastAt - toldAt));
      const { accepted } = await messages.counts(messageId);
      if (accepted !== gateway.arrived - before)
        throw new Error(`${gateway.arrived - before} arrived, ${accepted} accepted after ${way}`);
    }
    return { lastSendMs, endedMs: Math.round(endedMs) };
  } finally {
    await carillon.close();
  }
}
