/**
 * What the services may do with the trail: add events, whose id and time the database chooses, and checkpoints. Links are
 * added and old events removed by functions with their owner's rights.
 */
export const auditRights: Readonly<Record<string, string>> = {
  audit_events:
    'SELECT, INSERT (actor_kind, actor_id, address, action, target, application_id, before, after, outcome, reason)',
  audit_links: 'SELECT',
  audit_heads: 'SELECT',
  audit_bases: 'SELECT',
  audit_checkpoints: 'SELECT, INSERT',
  // A new master key seals them anew.
  audit_keys: 'SELECT, INSERT, UPDATE (private_key)',
};
