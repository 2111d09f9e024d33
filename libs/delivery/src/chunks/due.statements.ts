/** Leads from lane to lane of those with unfinished chunks: as many looks into the index as there are lanes and priorities. */
const lanes = `
  WITH RECURSIVE lane AS (
    (SELECT application_id, gateway, priority FROM chunks WHERE state <> 'finished' ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT next.* FROM lane CROSS JOIN LATERAL (
      SELECT application_id, gateway, priority FROM chunks
      WHERE state <> 'finished' AND (application_id, gateway, priority) > (lane.application_id, lane.gateway, lane.priority)
      ORDER BY 1, 2, 3 LIMIT 1) AS next
  )`;

/** Tells whether the message of a chunk runs: a look for each, and not through all messages that run. */
export const isOfRunning = "(SELECT state = 'running' FROM messages WHERE id = chunks.message_id)";

const isDue = `chunks.application_id = lane.application_id AND chunks.gateway = lane.gateway
      AND chunks.priority = lane.priority AND chunks.state <> 'finished' AND wake_at <= now() AND ${isOfRunning}`;

/** The lanes in which notifications are due: a look into the index for each, and not at all that is due. */
export const dueBacklogs = `${lanes}
  SELECT application_id AS "applicationId", gateway FROM lane
  WHERE priority = 'transactional' AND (SELECT true FROM chunks WHERE ${isDue} ORDER BY wake_at LIMIT 1)`;
