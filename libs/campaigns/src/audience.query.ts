import type { AudienceQuery } from '@app/delivery';

/** The devices of a campaign's users in its application, each once, however many of the users it has. */
export function campaignAudience(campaignId: number, applicationId: number): AudienceQuery {
  return {
    sql: `
      SELECT devices.id AS device_id, platform, bool_or(status = 'ACTIVE') AS active
      FROM campaign_users
        JOIN activations ON activations.user_id = campaign_users.user_id AND status <> 'REMOVED'
        JOIN devices ON devices.id = device_id
      WHERE campaign_id = $3 AND application_id = $4 AND retired_at IS NULL
      GROUP BY devices.id, platform`,
    parameters: [campaignId, applicationId],
  };
}

/** Some users' devices in an application, each once, or the device of one of their activations. */
export function userAudience(
  userIds: readonly string[],
  applicationId: number,
  activationId: string | null,
): AudienceQuery {
  return {
    sql: `
      SELECT devices.id AS device_id, platform, bool_or(status = 'ACTIVE') AS active
      FROM activations JOIN devices ON devices.id = device_id
      WHERE user_id = ANY ($3::text[]) AND application_id = $4 AND ($5::text IS NULL OR activations.id = $5)
        AND status <> 'REMOVED' AND retired_at IS NULL
      GROUP BY devices.id, platform`,
    parameters: [userIds, applicationId, activationId],
  };
}
