/** Matches date, time to the minute, seconds with their fraction, and zone. */
const form =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Reads a moment of RFC 3339, seconds and zone included. JavaScript's own parser also takes "1" for a date, February 30
 * for March 2 and 24:00 for the next day.
 * @returns undefined for any other text, and where the year in UTC has not four digits
 */
export function momentOf(text: string): Date | undefined {
  const day = form.exec(text)?.[1];
  if (day === undefined || !isDay(day)) return undefined;
  const moment = new Date(text.toUpperCase());
  const year = moment.getUTCFullYear();
  return year >= 0 && year <= 9999 ? moment : undefined;
}

/** Tells whether the calendar has a day. @param day as 2026-01-31 */
export function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
