import { createHash } from 'node:crypto';

/** An event as PostgreSQL writes its values, so that nothing of them is lost or rounded on the way to its hash. */
export interface StoredEvent {
  readonly id: string;
  /** Microseconds since 1970; `infinity` or `-infinity` of an event that is never. */
  readonly at: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly target: string;
  readonly application_id: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly address: string | null;
}

/** Selects a `StoredEvent`. Times come as numbers, for PostgreSQL's text of them depends on its settings. */
export const storedEvent = `id::text,
  CASE WHEN isfinite(at) THEN trunc(extract(epoch FROM at) * 1000000)::text ELSE at::text END AS at,
  actor_kind, actor_id, action, target, application_id::text, outcome, reason, before::text, after::text, address`;

/** What every hash begins with, so that another form of it could never be taken for this one. */
const form = 'carillon audit event 1';

/** What the first event of a chain stands on. */
export const noHash = Buffer.alloc(32);

/** The chain of an event: its application's, or the one of what belongs to none. */
export const chainOf = ({ application_id }: StoredEvent): number => Number(application_id ?? 0);

/** Hashes an event with the hash of the one before in its chain, as docs/security.md says for those who do it too. */
export function linkHash(previous: Buffer, event: StoredEvent): Buffer {
  return createHash('sha256').update(previous).update(canonicalText(event)).digest();
}

/** Writes an event as one JSON list of texts, the same on every version of PostgreSQL. */
function canonicalText(event: StoredEvent): string {
  const { id, at, actor_kind, actor_id, action, target, application_id } = event;
  const { outcome, reason, before, after, address } = event;
  return JSON.stringify([
    ...[form, id, at, actor_kind, actor_id, action, target, application_id],
    ...[outcome, reason, plainJson(before), plainJson(after), address],
  ]);
}

/** A string of JSON, whose repetition takes no step for each character, or what stands between strings. */
const jsonPart = /"[^"\\]*(?:\\.[^"\\]*)*"|\s+/g;

/** Takes the spaces out of PostgreSQL's JSON, and writes strings as JSON.stringify does. Numbers keep their digits. */
function plainJson(json: string | null): string | null {
  return (
    json?.replace(jsonPart, (part) =>
      part.startsWith('"') ? JSON.stringify(JSON.parse(part)) : '',
    ) ?? null
  );
}
