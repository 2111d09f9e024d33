import { DomainError } from '@app/core';
import type { EntityManager } from 'typeorm';
import { readCampaignContent } from './campaign-content';
import type { ImportedApplications } from './import-applications';
import type { PowerAuthDatabase } from './powerauth-database';
import type { CampaignRow } from './statements';
import type { Tally } from './tally';
import type { Write } from './write';

interface Campaign {
  readonly id: number;
  readonly applicationId: number;
  readonly name: string;
  readonly content: string;
  readonly state: 'draft' | 'cancelled' | 'completed';
  readonly createdAt: Date;
  readonly launchedAt: Date | null;
  readonly completedAt: Date | null;
}

/** Imports campaigns under their own ids. @returns the ids there of those that are here */
export async function importCampaigns(
  source: PowerAuthDatabase,
  applications: ImportedApplications,
  tally: Tally,
  write: Write,
  progress: (rows: number) => void,
): Promise<ReadonlySet<string>> {
  const here = new Set<string>();
  for await (const batch of source.batches<CampaignRow>('push_campaign')) {
    const campaigns = batch.flatMap((row) => {
      try {
        return [campaignOf(row, applications)];
      } catch (error) {
        if (!(error instanceof Refused || error instanceof DomainError)) throw error;
        tally.refuse(row.id, error.message);
        return [];
      }
    });
    const fates = await write((manager) => storeCampaigns(manager, campaigns));
    for (const { id, fate } of fates) {
      if (fate === 'taken') {
        tally.refuse(String(id), 'there is another campaign of this id here');
        continue;
      }
      tally[fate]++;
      here.add(String(id));
    }
    progress(batch.length);
  }
  return here;
}

class Refused extends Error {}

/** @throws Refused, InvalidMessageError */
function campaignOf(row: CampaignRow, applications: ImportedApplications): Campaign {
  const id = Number(row.id);
  if (!(id >= 1 && id <= 2_147_483_647)) throw new Refused('its id is no positive integer');
  const application = applications.get(row.application);
  if (application === undefined) throw new Refused('its application is not imported');
  const content = readCampaignContent(row.message);
  if (content === undefined) throw new Refused('its message is not the JSON of a message');
  const title = Array.from(content.title?.trim() ?? '').slice(0, 100);
  return {
    id,
    applicationId: application.id,
    name: title.join('').trim() || `PowerAuth campaign ${id}`,
    content: JSON.stringify(content),
    state: stateOf(row),
    createdAt: row.createdAt,
    launchedAt: row.sentAt ?? (row.isSent ? row.createdAt : null),
    completedAt: row.isSent ? (row.completedAt ?? row.sentAt ?? row.createdAt) : null,
  };
}

/** Returns the state. A campaign begun and never completed reached nobody knows whom, so it must not become a draft. */
function stateOf({ isSent, sentAt }: CampaignRow): Campaign['state'] {
  if (isSent) return 'completed';
  return sentAt === null ? 'draft' : 'cancelled';
}

async function storeCampaigns(
  manager: EntityManager,
  campaigns: readonly Campaign[],
): Promise<{ id: number; fate: 'imported' | 'present' | 'taken' }[]> {
  const column = <Key extends keyof Campaign>(key: Key) => campaigns.map((row) => row[key]);
  return manager.query(campaignsStatement, [
    column('id'),
    column('applicationId'),
    column('name'),
    column('content'),
    column('state'),
    column('createdAt'),
    column('launchedAt'),
    column('completedAt'),
  ]);
}

/** Stores campaigns. A message's id is made of the campaign's: by it, a further import knows its own campaigns from others. */
const campaignsStatement = `
  WITH listed AS (
    SELECT *, md5('powerauth push campaign ' || id)::uuid AS message
    FROM unnest($1::int[], $2::int[], $3::text[], $4::jsonb[], $5::message_state[], $6::timestamptz[],
      $7::timestamptz[], $8::timestamptz[])
      AS given (id, application_id, name, content, state, created_at, launched_at, completed_at)
  ), news AS (
    SELECT * FROM listed WHERE NOT EXISTS (SELECT FROM campaigns WHERE campaigns.id = listed.id)
  ), stored AS (
    INSERT INTO messages (id, application_id, priority, state, content, created_at, launched_at, completed_at)
    SELECT message, application_id, 'campaign', state, content, created_at, launched_at, completed_at FROM news
  ), named AS (
    INSERT INTO campaigns (id, message_id, name, created_at) SELECT id, message, name, created_at FROM news
  )
  SELECT id, CASE
      WHEN EXISTS (SELECT FROM news WHERE news.id = listed.id) THEN 'imported'
      WHEN EXISTS (SELECT FROM campaigns WHERE campaigns.id = listed.id AND message_id = message) THEN 'present'
      ELSE 'taken' END AS fate
  FROM listed ORDER BY id`;

/** Makes our next campaign's id come after the imported ones. */
export async function advanceCampaignIds(manager: EntityManager): Promise<void> {
  await manager.query(
    `SELECT setval('campaigns_id_seq', max(id)) FROM campaigns
     HAVING max(id) >= (SELECT last_value FROM campaigns_id_seq)`,
  );
}
