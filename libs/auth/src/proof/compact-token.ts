import { InvalidTokenError } from './auth.errors';

type JsonObject = Readonly<Record<string, unknown>>;

/** A JWS in compact form (RFC 7515 §7.1), decoded. */
export interface CompactToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/** The longest token that is read: a longer one is an attempt to keep us busy. */
const maxCharacters = 8192;

const maxDepth = 16;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws InvalidTokenError unless the text is three parts in canonical base64url, the first two JSON objects in UTF-8 */
export function decodeCompact(raw: string): CompactToken {
  if (raw.length > maxCharacters) throw new InvalidTokenError('It is too long');
  const [header, payload, signature, ...rest] = raw.split('.');
  if (!header || !payload || !signature || rest.length > 0) {
    throw new InvalidTokenError('It does not have three parts');
  }
  decodePart(signature);
  return {
    header: parseObject(decodePart(header), 'header'),
    claims: parseObject(decodePart(payload), 'payload'),
  };
}

/** Splits a token that was decoded into the signed bytes and the signature. RFC 7515 §5.2 */
export function signatureOf(raw: string): { readonly signed: Buffer; readonly signature: Buffer } {
  const end = raw.lastIndexOf('.');
  return {
    signed: Buffer.from(raw.slice(0, end), 'ascii'),
    signature: Buffer.from(raw.slice(end + 1), 'base64url'),
  };
}

/** Decodes strictly: Node's decoder skips unknown characters and stray bits, so one token could be written in many ways. */
function decodePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') === part) return bytes;
  throw new InvalidTokenError('A part is not canonical base64url');
}

function parseObject(bytes: Buffer, part: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new InvalidTokenError(`The ${part} is not JSON in UTF-8`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidTokenError(`The ${part} is not an object`);
  }
  assertShallow(value, part);
  return value as JsonObject;
}

/** Refuses deep nesting, so that whatever walks through the claims later need not mind its stack. */
function assertShallow(value: unknown, part: string, depth = 1): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxDepth) throw new InvalidTokenError(`The ${part} is nested too deeply`);
  for (const member of Object.values(value)) assertShallow(member, part, depth + 1);
}
