export const eventColumns =
  'actor_kind, actor_id, address, action, target, application_id, before, after';

/** Makes an event of each row of what follows, e.g. of a query in the one statement that makes the change. */
export const insertAuditEvents = `INSERT INTO audit_events (${eventColumns})`;
