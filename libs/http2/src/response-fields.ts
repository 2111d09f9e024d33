import { StreamError } from './frames/protocol';

/** A header field: its lower-case name and its value. */
export type HeaderField = readonly [name: string, value: string];

/** A response that breaks RFC 9113 §8.1 to §8.3. */
export class MalformedResponse extends StreamError {
  constructor(what: string) {
    super('PROTOCOL_ERROR', `malformed response: ${what}`);
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

/** Checks the fields that begin a response. @returns its status @throws MalformedResponse */
export function statusOf(fields: readonly HeaderField[]): number {
  const [first] = fields;
  if (first?.[0] !== ':status' || !/^[1-9]\d\d$/.test(first[1])) {
    throw new MalformedResponse('no :status');
  }
  for (const field of fields) if (field !== first) checkField(field);
  const status = Number(first[1]);
  // §8.6: what it would switch to does not exist here.
  if (status === 101) throw new MalformedResponse('status 101');
  return status;
}

/** @throws MalformedResponse */
export function checkTrailers(fields: readonly HeaderField[]): void {
  for (const field of fields) checkField(field);
}

/** @returns the number in content-length; -1 without one @throws MalformedResponse */
export function contentLengthOf(fields: readonly HeaderField[]): number {
  let length = -1;
  for (const [name, value] of fields) {
    if (name !== 'content-length') continue;
    const bytes = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    if (bytes !== (length === -1 ? bytes : length)) throw new MalformedResponse(name);
    length = bytes;
  }
  return length;
}

function checkField([name, value]: HeaderField): void {
  if (!fieldName.test(name)) throw new MalformedResponse(`field name ${JSON.stringify(name)}`);
  if (forbidden.has(name)) throw new MalformedResponse(`field ${name}`);
  if (badValue.test(value)) throw new MalformedResponse(`value of ${name}`);
}
