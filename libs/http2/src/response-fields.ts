import { checkField, MalformedMessage, type HeaderField } from './connection/message-fields';

/** Checks the fields that begin a response. @returns its status @throws MalformedMessage */
export function statusOf(fields: readonly HeaderField[]): number {
  const [first] = fields;
  if (first?.[0] !== ':status' || !/^[1-9]\d\d$/.test(first[1])) {
    throw new MalformedMessage('no :status');
  }
  for (const field of fields) if (field !== first) checkField(field);
  const status = Number(first[1]);
  // §8.6: what it would switch to does not exist here.
  if (status === 101) throw new MalformedMessage('status 101');
  return status;
}
