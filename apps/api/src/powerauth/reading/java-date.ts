import { isDay } from '@app/core';

/** Reads seconds up to the year 5138; a larger number can only be milliseconds. */
export const fromEpoch = (value: number) => new Date(Math.abs(value) > 1e11 ? value : value * 1000);

/** Matches `2030-01-01`, with or without a time, that with or without seconds, fraction and zone. */
const iso =
  /^(\d{4}-\d\d-\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Matches `Sat, 01 Jan 2030 00:00:00 GMT`, which RFC 1123 has from RFC 822. */
const rfc1123 =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d) (?:(?:GMT|UTC|UT)?([+-]\d\d:?\d\d)|(GMT|UTC|UT|Z|[ECMP][SD]T))$/i;

const months = 'janfebmaraprmayjunjulaugsepoctnovdec';

/** The hours west of Greenwich, in winter, of the zones that RFC 822 names. */
const zones: ReadonlyMap<string, number> = new Map([
  ['E', 5],
  ['C', 6],
  ['M', 7],
  ['P', 8],
]);

/**
 * Reads the text that Jackson of legacy releases takes for a date: several forms of ISO 8601, in UTC where no zone is
 * named, RFC 1123, and digits, which are epoch seconds or milliseconds. Days that no calendar has are refused here.
 * @returns undefined for any other text
 */
export function javaDate(text: string): Date | undefined {
  if (/^-?\d+(\.\d*)?$/.test(text)) return fromEpoch(Number(text));
  return fromIso(text) ?? fromRfc1123(text);
}

function fromIso(text: string): Date | undefined {
  const [whole, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] =
    iso.exec(text) ?? [];
  if (whole === undefined || day === undefined) return undefined;
  return moment(day, [hour, minute, second], fraction, zone);
}

function fromRfc1123(text: string): Date | undefined {
  const [
    whole,
    day = '',
    month = '',
    year = '',
    hour = '',
    minute = '',
    second = '',
    offset,
    name,
  ] = rfc1123.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const place = String(months.indexOf(month.toLowerCase()) / 3 + 1).padStart(2, '0');
  const date = `${year}-${place}-${day.padStart(2, '0')}`;
  return moment(date, [hour, minute, second], '0', offset ?? offsetOf(name?.toUpperCase() ?? ''));
}

/** Returns the offset of `EST` or `PDT`; what is no zone of North America is Greenwich's. */
function offsetOf(name: string): string {
  const west = zones.get(name.charAt(0));
  if (west === undefined) return 'Z';
  return `-0${name.charAt(1) === 'D' ? west - 1 : west}:00`;
}

/** Builds a date. ISO 8601 ends a day at 24:00; a leap second is the 60th of its minute, and JavaScript has no place for it. */
function moment(
  day: string,
  [hour, minute, second]: readonly [string, string, string],
  fraction: string,
  zone: string,
): Date | undefined {
  const isEnd = hour === '24' && /^0*$/.test(minute + second + fraction);
  if (!isDay(day) || (Number(hour) > 23 && !isEnd) || Number(minute) > 59 || Number(second) > 60) {
    return undefined;
  }
  const offset = zone
    .toUpperCase()
    .replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours: string, minutes = '00') => `${hours}:${minutes}`);
  const last = second === '60' ? '59' : second;
  const date = new Date(`${day}T${hour}:${minute}:${last}.${fraction}${offset}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
