import type { AudienceQuery } from '@app/delivery';

/** Selects the devices of a campaign's users in its application, each once, however many of the users it has. */
export function campaignAudience(campaignId: number, applicationId: number): AudienceQuery {
  return (parameter) => `
    SELECT devices.id AS device_id, platform, bool_or(status = 'ACTIVE') AS active
    FROM campaign_users
      JOIN activations ON activations.user_id = campaign_users.user_id AND status <> 'REMOVED'
      JOIN devices ON devices.id = device_id
    WHERE campaign_id = ${parameter(campaignId)} AND application_id = ${parameter(applicationId)} AND retired_at IS NULL
    GROUP BY devices.id, platform`;
}
