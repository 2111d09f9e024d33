import { randomUUID } from 'node:crypto';
import { CampaignPlanning } from '@app/campaigns';
import { Backlog, CampaignBacklog, Lanes, Messages } from '@app/delivery';
import { Carillon } from '@app/testing/harness';
import { benchBacking } from './kit/backing';
import { median, rounded } from './kit/statistics';

/** How often each backlog is looked through. */
const rounds = 15;

/**
 * Measures what a worker does each second beside its work, while a backlog waits: one long campaign whose lane is busy,
 * notifications that wait for their next attempt, and a campaign that rests until its gateway's pause is over.
 * @param most the larger backlog in chunks; the smaller one has 1 000
 */
export async function backlog(most = '1000000'): Promise<object> {
  const carillon = await Carillon.start({}, {}, await benchBacking());
  try {
    const applications = await Promise.all([1, 2].map(() => carillon.createApplication()));
    await seed(carillon, applications, 1_000);
    const few = await measure(carillon);
    await seed(carillon, applications, Number(most) - 1_000);
    const many = await measure(carillon);
    return {
      bench: 'backlog',
      chunks: [1_000, Number(most)],
      ratio: rounded(many / few),
      milliseconds: [rounded(few), rounded(many)],
    };
  } finally {
    await carillon.close();
  }
}

async function seed(carillon: Carillon, [busy, pausing]: number[], chunks: number): Promise<void> {
  const campaign = async (applicationId: number | undefined, wakeAt: string, count: number) => {
    const id = randomUUID();
    await carillon.sql(
      `INSERT INTO messages (id, application_id, priority, state, content) VALUES ($1, $2, 'campaign', 'running', '{}')`,
      [id, applicationId],
    );
    await carillon.sql(
      `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, wake_at)
       SELECT $1, 'apns', n, $4, 'campaign', n * 1000, 1000, now() + $2::interval FROM generate_series(0, $3::int - 1) AS n`,
      [id, wakeAt, count, applicationId],
    );
    return id;
  };
  const id = await campaign(busy, '0', chunks / 2);
  await carillon.sql(
    `UPDATE chunks SET state = 'working', wake_at = now() + interval '1 hour' WHERE message_id = $1 AND number < 32`,
    [id],
  );
  await campaign(pausing, '1 hour', chunks / 4);
  await carillon.sql(
    `INSERT INTO messages (id, application_id, priority, state, content)
     SELECT gen_random_uuid(), $1, 'transactional', 'running', '{}' FROM generate_series(1, $2::int)`,
    [busy, chunks / 4],
  );
  // Else each chunk's message is looked for as in the few that were there a moment ago.
  await carillon.sql('ANALYZE messages');
  await carillon.sql(
    `INSERT INTO chunks (message_id, gateway, number, application_id, priority, first_seq, size, wake_at)
     SELECT id, 'fcm', 0, application_id, priority, 0, 1, now() + interval '1 hour'
     FROM messages WHERE priority = 'transactional' ON CONFLICT DO NOTHING`,
  );
  await carillon.sql('VACUUM ANALYZE chunks, messages');
}

/** @returns the median of the milliseconds that one look takes */
async function measure(carillon: Carillon): Promise<number> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    await carillon.get(CampaignPlanning).wakeAll();
    await carillon.get(Lanes).closeOutdated();
    await carillon.get(CampaignBacklog).dueLanes();
    await carillon.get(Backlog).wakeDue();
    await carillon.get(Messages).endCancelled();
    await carillon.get(Messages).completeDone();
    took.push(performance.now() - from);
  }
  return median(took);
}
