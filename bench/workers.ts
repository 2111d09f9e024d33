import { Installation } from './kit/installation';
import { progress } from './kit/progress';
import { rounds } from './kit/rounds';
import { median, rounded } from './kit/statistics';

/**
 * Measures a campaign through several worker processes, of which one has other duties (`Duties`), against the same through
 * one that has all.
 * @param latency of the sink in milliseconds
 */
export async function workers(latency = '20', count = '50000', processes = '2'): Promise<object> {
  const devices = Number(count);
  const installation = await Installation.start({ latencyMs: Number(latency) });
  try {
    const applicationId = await installation.createApplication(devices);
    const measure = (number: string) => async () => {
      const worker = await installation.startWorker({ WORKER_PROCESSES: number });
      try {
        // It opens its connections, and the compiler does its part.
        await installation.rateOf(applicationId, Math.ceil(devices / 3));
        const rate = await installation.rateOf(applicationId, devices);
        progress(`${number} process${number === '1' ? '' : 'es'}: ${Math.round(rate)}/s`);
        return rate;
      } finally {
        await worker.stop();
      }
    };
    const runs = await rounds({ one: measure('1'), several: measure(processes) }, { isWarm: true });
    return {
      bench: 'workers',
      latencyMs: Number(latency),
      devices,
      processes: [1, Number(processes)],
      rounds: runs.length,
      ratio: rounded(median(runs.map((run) => run.several / run.one))),
      perSecond: [
        Math.round(median(runs.map((run) => run.one))),
        Math.round(median(runs.map((run) => run.several))),
      ],
    };
  } finally {
    await installation.close();
  }
}
