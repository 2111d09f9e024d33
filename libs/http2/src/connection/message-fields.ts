import { StreamError } from '../frames/protocol';

/** A header field: its lower-case name and its value. */
export type HeaderField = readonly [name: string, value: string];

/** A request or a response that breaks RFC 9113 §8.1 to §8.3. */
export class MalformedMessage extends StreamError {
  constructor(what: string) {
    super('PROTOCOL_ERROR', `malformed message: ${what}`);
  }
}

const forbidden = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);
/** §8.2.1: visible ASCII without capitals and colon. RFC 9110 allows fewer, but others' oddities need not stop us. */
const fieldName = /^[!-9;-@[-~]+$/;
const badValue = /^[ \t]|[ \t]$|[\0\r\n]/;

/** Checks a field that is no pseudo-header field. @throws MalformedMessage */
export function checkField([name, value]: HeaderField): void {
  if (!fieldName.test(name)) throw new MalformedMessage(`field name ${JSON.stringify(name)}`);
  if (forbidden.has(name)) throw new MalformedMessage(`field ${name}`);
  checkValue(name, value);
}

/** @throws MalformedMessage */
export function checkValue(name: string, value: string): void {
  if (badValue.test(value)) throw new MalformedMessage(`value of ${name}`);
}

/** @throws MalformedMessage */
export function checkTrailers(fields: readonly HeaderField[]): void {
  for (const field of fields) checkField(field);
}

/** @returns the number in content-length; -1 without one @throws MalformedMessage */
export function contentLengthOf(fields: readonly HeaderField[]): number {
  let length = -1;
  for (const [name, value] of fields) {
    if (name !== 'content-length') continue;
    const bytes = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (bytes !== (length === -1 ? bytes : length)) throw new MalformedMessage(name);
    length = bytes;
  }
  return length;
}
