/** The longest pause: nobody may stop a lane for longer by one header. */
const maxMs = 3_600_000;

/** The shortest pause: a date has whole seconds, so the rest of one that has begun is no pause. */
const minMs = 1_000;

const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const time = String.raw`\d\d:\d\d:\d\d`;
/** The three forms of RFC 9110 §5.6.7; `Date.parse` alone takes "-5" and "1.5" for dates too. */
const httpDate = new RegExp(
  [
    String.raw`^[A-Z][a-z]{2}, \d\d (?:${months}) \d{4} ${time} GMT$`,
    String.raw`^[A-Z][a-z]{5,8}, \d\d-(?:${months})-\d\d ${time} GMT$`,
    String.raw`^[A-Z][a-z]{2} (?:${months}) [ \d]\d ${time} \d{4}$`,
  ].join('|'),
);

/**
 * Reads the Retry-After header, seconds or HTTP date (RFC 9110 §10.2.3), in milliseconds. Undefined when it can't be
 * read or names no pause, i.e. one of 0 or one that is over: then we choose our own.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const ms = pauseOf(header?.trim() ?? '', now);
  return ms > 0 ? Math.min(maxMs, Math.max(minMs, ms)) : undefined;
}

function pauseOf(text: string, now: Date): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!httpDate.test(text)) return NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now.getTime();
}
