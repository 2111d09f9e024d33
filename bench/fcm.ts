import { bareLoop } from './baselines/bare-loop';
import { fcmRequests } from './baselines/bare-requests';
import { firebaseAdminLoop } from './baselines/firebase-admin';
import { alert, Installation } from './kit/installation';
import { rounds } from './kit/rounds';
import { median, rounded } from './kit/statistics';

/**
 * Measures a campaign to FCM through one worker that stores every outcome, against two clients that store nothing: a bare
 * node:http2 loop and firebase-admin's `sendEach`. All send to one sink; a campaign is timed from plan to completion.
 * @param latency of the sink in milliseconds
 */
export async function fcm(latency = '0', count = '50000'): Promise<object> {
  const devices = Number(count);
  const installation = await Installation.start({ gateway: 'fcm', latencyMs: Number(latency) });
  const { sink } = installation;
  try {
    const applicationId = await installation.createApplication(devices);
    const tokens = await installation.tokens(applicationId);
    // It takes as long as it takes: a tenth tells its rate.
    const sample = tokens.slice(0, devices / 10);
    await installation.startWorker();
    const runs = await rounds({
      http2: () => bareLoop(sink, tokens, fcmRequests(alert)),
      firebaseAdmin: () => firebaseAdminLoop(sink, sample, alert),
      carillon: () => installation.rateOf(applicationId, devices),
    });
    return {
      bench: 'fcm',
      latencyMs: Number(latency),
      devices,
      rounds: runs.length,
      ratioToHttp2: rounded(median(runs.map((run) => run.carillon / run.http2))),
      ratioToFirebaseAdmin: rounded(median(runs.map((run) => run.carillon / run.firebaseAdmin))),
      perSecond: Math.round(median(runs.map((run) => run.carillon))),
      http2PerSecond: Math.round(median(runs.map((run) => run.http2))),
      firebaseAdminPerSecond: Math.round(median(runs.map((run) => run.firebaseAdmin))),
      cpuMicros: await installation.cpuOf(applicationId, devices),
    };
  } finally {
    await installation.close();
  }
}
