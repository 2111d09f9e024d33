import { characterCount } from '@app/core';
import type { EntityManager } from 'typeorm';
import type { PowerAuthDatabase } from './powerauth-database';
import type { CampaignUserRow } from './statements';
import type { Tally } from './tally';
import type { Write } from './write';

/** Imports the audiences of the imported campaigns, by their ids there. */
export async function importCampaignUsers(
  source: PowerAuthDatabase,
  campaigns: ReadonlySet<string>,
  tally: Tally,
  write: Write,
  progress: (rows: number) => void,
): Promise<void> {
  for await (const batch of source.batches<CampaignUserRow>('push_campaign_user')) {
    const members = batch.filter(({ id, campaignId, userId }) => {
      const refusal = !campaigns.has(campaignId)
        ? 'its campaign is not imported'
        : userId === null || userId === '' || characterCount(userId) > 255
          ? 'its user id wants 1 to 255 characters'
          : undefined;
      if (refusal !== undefined) tally.refuse(id, refusal);
      return refusal === undefined;
    });
    const added = await write((manager) => storeMembers(manager, members));
    tally.imported += added;
    tally.present += members.length - added;
    progress(batch.length);
  }
}

async function storeMembers(
  manager: EntityManager,
  members: readonly CampaignUserRow[],
): Promise<number> {
  const added = await manager.query<unknown[]>(
    `INSERT INTO campaign_users (campaign_id, user_id)
     SELECT DISTINCT * FROM unnest($1::int[], $2::text[]) ORDER BY 1, 2
     ON CONFLICT DO NOTHING RETURNING 1`,
    [members.map(({ campaignId }) => campaignId), members.map(({ userId }) => userId)],
  );
  return added.length;
}
