import { InvalidTokenError } from './auth.errors';
import { isPlainText } from './plain-text';
import type { TokenPolicy } from './token-policy';

/** Headers that bring a key of their own or ask for a treatment we don't give. RFC 7515 §4.1, RFC 7797, RFC 8725 §3.10 */
const refused = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c', 'cty', 'zip', 'enc'];

/** @returns the kid; nothing else is ever taken from a header. @throws InvalidTokenError */
export function checkHeader(
  header: Readonly<Record<string, unknown>>,
  { algorithm, types }: TokenPolicy,
): string | undefined {
  if (header.alg !== algorithm) throw new InvalidTokenError('The algorithm is another');
  if (!types.includes(typeOf(header.typ))) throw new InvalidTokenError('The typ is another');
  const stray = refused.find((name) => Object.hasOwn(header, name));
  if (stray !== undefined) throw new InvalidTokenError(`The header has ${stray}`);
  const { kid } = header;
  if (kid === undefined) return undefined;
  if (isPlainText(kid, 128)) return kid;
  throw new InvalidTokenError('The kid is not plain text');
}

/** Reads a media type, whose "application/" may be left out. RFC 7515 §4.1.9 */
function typeOf(typ: unknown): string {
  if (typ === undefined) return '';
  if (typeof typ !== 'string' || typ === '') throw new InvalidTokenError('The typ is not text');
  return typ.toLowerCase().replace(/^application\//, '');
}
