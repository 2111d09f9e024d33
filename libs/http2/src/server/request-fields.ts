import {
  checkField,
  checkValue,
  MalformedMessage,
  type HeaderField,
} from '../connection/message-fields';

/** What a request is about, RFC 9113 §8.3.1. */
export interface RequestLine {
  readonly method: string;
  readonly path: string;
  /** The fields without the pseudo-header fields. */
  readonly fields: readonly HeaderField[];
}

const pseudo = new Set([':method', ':scheme', ':authority', ':path']);

/** Checks the fields that begin a request, of any method but CONNECT. @throws MalformedMessage */
export function requestLineOf(fields: readonly HeaderField[]): RequestLine {
  let [method, scheme, path] = ['', '', ''];
  const seen: string[] = [];
  for (const [name, value] of fields) {
    if (name.charCodeAt(0) !== 0x3a) break;
    if (!pseudo.has(name) || seen.includes(name)) throw new MalformedMessage(name);
    checkValue(name, value);
    seen.push(name);
    if (name === ':method') method = value;
    else if (name === ':scheme') scheme = value;
    else if (name === ':path') path = value;
  }
  if (method === '') throw new MalformedMessage('no :method');
  if (scheme === '') throw new MalformedMessage('no :scheme');
  if (path === '') throw new MalformedMessage('no :path');
  const regular = fields.slice(seen.length);
  for (const field of regular) checkField(field);
  // §8.2.2: of what TE may say, nothing else is left.
  const te = regular.find(([name]) => name === 'te');
  if (te !== undefined && te[1] !== 'trailers') throw new MalformedMessage('te');
  return { method, path, fields: regular };
}
