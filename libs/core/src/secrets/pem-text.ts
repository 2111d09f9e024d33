/** Removes what editors, shells and JSON leave around and in a text: a byte order mark, quotes, `\n` as two characters. */
function withoutWrapping(text: string): string {
  const bare = text
    .replace(/^\ufeff/, '')
    .trim()
    .replace(/^(["'`])([^]*)\1[,;]?$/, '$2');
  return /-----BEGIN [^-\r\n]+-----\s*\\/.test(bare) ? bare.replaceAll(/\\r|\\n/g, '\n') : bare;
}

const block = /-----BEGIN ([^-\r\n]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----\s*/g;

/**
 * Lays out a key or certificate by RFC 7468, from what people paste: on one line, with `\n` for its line feeds, in
 * quotes, without its first and last line, or a whole file in base64. Whether it is a key is not checked.
 * @param label what base64 without a label is, e.g. `PRIVATE KEY`
 * @returns any other text without what is around it
 */
export function pemText(text: string, label: string): string {
  const bare = withoutWrapping(text);
  const compact = bare.replace(/\s/g, '');
  if (/^[A-Za-z0-9+/]{40,}={0,2}$/.test(compact)) {
    const bytes = Buffer.from(compact, 'base64');
    const inside = bytes.toString();
    return inside.includes('-----BEGIN ') ? laidOut(withoutWrapping(inside)) : pem(label, compact);
  }
  return laidOut(bare);
}

const laidOut = (text: string) =>
  text.replace(block, (_, label: string, body: string) => pem(label, body.replace(/\s/g, '')));

function pem(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
