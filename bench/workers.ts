import { Installation } from './kit/installation';
import { rounds } from './kit/rounds';
import { median, rounded } from './kit/statistics';

/**
 * Measures a campaign through two worker processes against the same through one.
 * @param latency of the sink in milliseconds
 */
export async function workers(latency = '20', count = '50000'): Promise<object> {
  const devices = Number(count);
  const installation = await Installation.start({ latencyMs: Number(latency) });
  try {
    const applicationId = await installation.createApplication(devices);
    const measure = (processes: string) => async () => {
      const worker = await installation.startWorker({ WORKER_PROCESSES: processes });
      try {
        // It opens its connections, and the compiler does its part.
        await installation.rateOf(applicationId, Math.ceil(devices / 3));
        return await installation.rateOf(applicationId, devices);
      } finally {
        await worker.stop();
      }
    };
    const runs = await rounds({ one: measure('1'), two: measure('2') });
    return {
      bench: 'workers',
      latencyMs: Number(latency),
      devices,
      rounds: runs.length,
      ratio: rounded(median(runs.map((run) => run.two / run.one))),
      perSecond: [
        Math.round(median(runs.map((run) => run.one))),
        Math.round(median(runs.map((run) => run.two))),
      ],
    };
  } finally {
    await installation.close();
  }
}
