import { Refusal } from './refusals';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a body as Jackson does: UTF-8 with or without a mark, and whatever follows the object is ignored. Fastify
 * leaves us bytes only where the content type says JSON.
 * @throws Refusal
 */
export function readJson(body: unknown): unknown {
  if (!(body instanceof Uint8Array)) {
    throw new Refusal('The request wants a body of the content type application/json.');
  }
  const text = decode(body);
  return parse(text) ?? parse(text.slice(0, endOfObject(text))) ?? refuse();
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Refusal('The request body is not UTF-8.');
  }
}

/** Parses a text. `null` is no body either, so it need not differ from what can't be parsed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refuse(): never {
  throw new Refusal('The request body is not a JSON object.');
}

/** Returns the index after the first object's closing brace; 0 when there is none. */
function endOfObject(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const token = text[index];
    if (token === '"') quoted = !quoted;
    else if (quoted && token === '\\') index++;
    else if (!quoted && token === '{') depth++;
    else if (!quoted && token === '}' && --depth <= 0) return index + 1;
  }
  return 0;
}
