import { Installation } from './kit/installation';
import { peakBytes } from './kit/processes';
import { progress } from './kit/progress';
import { rounded } from './kit/statistics';

const few = 10_000;
/** How many small campaigns come first, so that the worker has what any worker has. */
const smallCampaigns = 10;
const megabyte = 1024 ** 2;

/** Measures the most memory that a worker has while it sends campaigns of 10 000 devices, and one of a million. */
export async function memory(most = '1000000'): Promise<object> {
  const many = Number(most);
  const installation = await Installation.start();
  try {
    const applicationId = await installation.createApplication(many);
    progress(`${many} devices`);
    const { pid } = await installation.startWorker({ WORKER_PROCESSES: '1' });
    for (let n = 0; n < smallCampaigns; n++) await installation.rateOf(applicationId, few);
    const atFew = peakBytes(pid);
    progress(`${smallCampaigns} campaigns of ${few}, ${Math.round(atFew / megabyte)} MB`);
    await installation.rateOf(applicationId, many);
    const atMany = peakBytes(pid);
    return {
      bench: 'memory',
      devices: [few, many],
      ratio: rounded(atMany / atFew),
      peakMegabytes: [Math.round(atFew / megabyte), Math.round(atMany / megabyte)],
    };
  } finally {
    await installation.close();
  }
}
