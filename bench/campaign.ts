import { ApplicationStore } from '@app/applications';
import { apns2Loop } from './baselines/apns2-client';
import { bareLoop } from './baselines/bare-loop';
import { apnsRequests } from './baselines/bare-requests';
import { nodeApnLoop } from './baselines/node-apn-client';
import { queueNamed } from './kit/backing';
import { alert, Installation } from './kit/installation';
import { rounds } from './kit/rounds';
import { median, rounded } from './kit/statistics';

/**
 * Measures a campaign to APNs through one worker that stores every outcome, against three clients that store nothing: a
 * bare node:http2 loop, @parse/node-apn and apns2. All send to one sink; a campaign is timed from plan to completion.
 * @param latency of the sink in milliseconds
 * @param queue the queue's backend
 */
export async function campaign(
  latency = '0',
  queue = 'postgres',
  count = '50000',
): Promise<object> {
  const devices = Number(count);
  const installation = await Installation.start({
    latencyMs: Number(latency),
    queue: queueNamed(queue),
  });
  const { carillon, sink } = installation;
  try {
    const applicationId = await installation.createApplication(devices);
    const tokens = await installation.tokens(applicationId);
    const key = await carillon.get(ApplicationStore).credential(applicationId, 'apns');
    if (key === undefined) throw new Error('The application has no APNs credential');
    // At 50 ms it takes as long as it takes: a tenth tells its rate.
    const sample = latency === '0' ? tokens : tokens.slice(0, devices / 10);
    await installation.startWorker();
    const runs = await rounds({
      http2: () => bareLoop(sink, tokens, apnsRequests(alert)),
      nodeApn: () => nodeApnLoop(sink, tokens, key, alert),
      apns2: () => apns2Loop(sink, sample, key, alert),
      carillon: () => installation.rateOf(applicationId, devices),
    });
    return {
      bench: 'campaign',
      latencyMs: Number(latency),
      devices,
      queue,
      rounds: runs.length,
      ratioToHttp2: rounded(median(runs.map((run) => run.carillon / run.http2))),
      ratioToNodeApn: rounded(median(runs.map((run) => run.carillon / run.nodeApn))),
      ratioToApns2: rounded(median(runs.map((run) => run.carillon / run.apns2))),
      perSecond: Math.round(median(runs.map((run) => run.carillon))),
      http2PerSecond: Math.round(median(runs.map((run) => run.http2))),
      nodeApnPerSecond: Math.round(median(runs.map((run) => run.nodeApn))),
      apns2PerSecond: Math.round(median(runs.map((run) => run.apns2))),
      cpuMicros: await installation.cpuOf(applicationId, devices),
    };
  } finally {
    await installation.close();
  }
}
