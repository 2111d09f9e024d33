/** Nobody may stop a lane for longer by one header. */
const maxMs = 3_600_000;

/** The Retry-After header, seconds or HTTP date (RFC 9110 §10.2.3), in milliseconds; undefined when it says neither. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(maxMs, Math.max(0, ms));
}
