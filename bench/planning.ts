import { CampaignPlanning } from '@app/campaigns';
import { Installation } from './kit/installation';
import { rounds } from './kit/rounds';
import { median, rounded } from './kit/statistics';

/**
 * Measures how long it takes until a campaign's deliveries are written, against a bare INSERT … SELECT of the same rows
 * from the same tables, into a table of the same form and indexes. Both begin with an empty table. No worker runs: the
 * work is PostgreSQL's.
 */
export async function planning(count = '300000'): Promise<object> {
  const devices = Number(count);
  const installation = await Installation.start();
  const { carillon } = installation;
  try {
    const applicationId = await installation.createApplication(devices);
    await createBareTable(installation);
    const launch = async (table: string) => {
      const campaign = await installation.launch(applicationId, devices);
      await carillon.sql(`TRUNCATE ${table}`);
      await carillon.sql('CHECKPOINT');
      return campaign;
    };
    const runs = await rounds({
      bare: async () => {
        const { id, messageId } = await launch('bare_deliveries');
        return secondsOf(() => carillon.sql(bareStatement, [messageId, id, applicationId]));
      },
      carillon: async () => {
        const { messageId } = await launch('deliveries');
        return secondsOf(() => carillon.get(CampaignPlanning).plan({ messageId }));
      },
    });
    await assertAll(installation, devices);
    return {
      bench: 'planning',
      devices,
      rounds: runs.length,
      ratio: rounded(median(runs.map((run) => run.carillon / run.bare))),
      seconds: rounded(median(runs.map((run) => run.carillon))),
      bareSeconds: rounded(median(runs.map((run) => run.bare))),
    };
  } finally {
    await installation.close();
  }
}

async function createBareTable({ carillon }: Installation): Promise<void> {
  const [options] = await carillon.sql<{ text: string }>(
    `SELECT coalesce('WITH (' || array_to_string(reloptions, ', ') || ')', '') AS text FROM pg_class
     WHERE oid = 'deliveries'::regclass`,
  );
  await carillon.sql(
    `CREATE TABLE bare_deliveries (LIKE deliveries INCLUDING ALL) ${options?.text ?? ''}`,
  );
}

const bareStatement = `
  INSERT INTO bare_deliveries (message_id, gateway, seq, device_id)
  SELECT $1, 'apns', row_number() OVER (ORDER BY devices.id) - 1, devices.id
  FROM campaign_users JOIN activations USING (user_id) JOIN devices ON devices.id = device_id
  WHERE campaign_id = $2 AND application_id = $3`;

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

async function assertAll({ carillon }: Installation, devices: number): Promise<void> {
  for (const table of ['deliveries', 'bare_deliveries']) {
    const [row] = await carillon.sql<{ count: number }>(`SELECT count(*)::int FROM ${table}`);
    if (row?.count !== devices) throw new Error(`Not all are in ${table}: ${row?.count ?? 0}`);
  }
}
