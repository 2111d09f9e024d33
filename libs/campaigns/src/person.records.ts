import type { PersonalRecords } from '@app/personal-data';

const inReach = '($2::int[] IS NULL OR application_id = ANY ($2))';

/** A person's campaigns, found by way of all, for no index leads from a user to them. */
const theirCampaigns = `campaign_users
    WHERE user_id = $1 AND campaign_id = ANY (ARRAY(
      SELECT campaigns.id FROM campaigns JOIN messages ON messages.id = message_id WHERE ${inReach}))`;

/** What is kept of what was sent to a person. */
export const sendingRecords: readonly PersonalRecords[] = [
  {
    name: 'audiences',
    select: `
      SELECT jsonb_build_object('campaign_id', c.id, 'campaign', c.name, 'application_id', m.application_id,
        'content', m.content, 'launched_at', m.launched_at) AS record
      FROM campaigns c JOIN messages m ON m.id = c.message_id
      WHERE c.id IN (SELECT campaign_id FROM ${theirCampaigns}) ORDER BY c.id`,
    erase: `DELETE FROM ${theirCampaigns}`,
  },
  {
    name: 'notifications',
    select: `
      SELECT to_jsonb(n) || jsonb_build_object('content', m.content, 'state', m.state) AS record
      FROM notifications n JOIN messages m ON m.id = n.message_id
      WHERE n.user_id = $1 AND ($2::int[] IS NULL OR n.application_id = ANY ($2)) ORDER BY n.created_at, n.message_id`,
    erase: `
      WITH theirs AS (
        SELECT message_id FROM notifications WHERE user_id = $1 AND ${inReach}
      ), undelivered AS (
        DELETE FROM deliveries WHERE message_id IN (SELECT message_id FROM theirs)
      )
      DELETE FROM messages WHERE id IN (SELECT message_id FROM theirs)`,
  },
  {
    // They go with their notification; those of campaigns lead to nobody once the device is gone.
    name: 'deliveries',
    select: `
      SELECT to_jsonb(d) AS record FROM deliveries d JOIN devices ON devices.id = d.device_id
      WHERE d.device_id IN (SELECT device_id FROM activations WHERE user_id = $1) AND ${inReach}
      ORDER BY d.message_id, d.gateway, d.seq`,
  },
];
