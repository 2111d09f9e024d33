import { Message } from '@app/delivery';
import type { EntityManager } from 'typeorm';
import type { Campaign } from './campaign.entity';
import { CampaignNotFoundError } from './campaigns.errors';

/** Locks the message, so that no launch freezes its audience until the users are in, or out. */
export async function lockAudience(
  manager: EntityManager,
  { id, messageId }: Campaign,
): Promise<Message> {
  const message = await manager.findOne(Message, {
    where: { id: messageId },
    lock: { mode: 'pessimistic_read' },
  });
  if (message === null) throw new CampaignNotFoundError(id);
  return message;
}

/** @returns the users who joined; who is in the audience already stays in it once */
export async function insertUsers(
  manager: EntityManager,
  { id }: Campaign,
  userIds: readonly string[],
): Promise<string[]> {
  const rows = await manager.query<{ userId: string }[]>(
    `${insertStatement} RETURNING user_id AS "userId"`,
    [id, JSON.stringify(userIds)],
  );
  return rows.map(({ userId }) => userId);
}

/** Works as `insertUsers`. @returns how many joined */
export async function insertAndCount(
  manager: EntityManager,
  { id }: Campaign,
  userIds: readonly string[],
): Promise<number> {
  const [{ added }] = await manager.query<[{ added: number }]>(
    `WITH added AS (${insertStatement} RETURNING 1) SELECT count(*)::int AS added FROM added`,
    [id, JSON.stringify(userIds)],
  );
  return added;
}

/**
 * Inserts in one order for all, lest two overlapping lists wait for each other. JSON leaves less behind for the garbage
 * collector than an array does.
 */
const insertStatement = `
  INSERT INTO campaign_users (campaign_id, user_id)
  SELECT $1::int, user_id FROM json_array_elements_text($2::json) AS user_id ORDER BY user_id
  ON CONFLICT DO NOTHING`;
