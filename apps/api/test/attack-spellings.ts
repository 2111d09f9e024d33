import { type Attack, forge, type Forgery, type Genuine, signed, signerOf } from './forged-tokens';

type Parts = readonly [head: string, payload: string, signature: string];

const spelt =
  (spell: (...parts: Parts) => string): Attack[1] =>
  (genuine) =>
    spell(...(forge(genuine).split('.') as unknown as Parts));

/** Spells the payload and signs it as it is spelt, so that nothing but the spelling is wrong. */
const speltAndSigned =
  (spell: (part: string, bytes: Buffer) => string, forgery: Forgery = {}): Attack[1] =>
  (genuine) => {
    const [head = '', payload = ''] = forge(genuine, forgery).split('.');
    return signed(head, spell(payload, Buffer.from(payload, 'base64url')), signerOf(genuine.key));
  };

const respelt = (part: string) => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return part.slice(0, -1) + letters.charAt(letters.indexOf(part.slice(-1)) ^ 1);
};

/** Respells the first of three payloads, each a byte longer, that has bits to spare in its last letter. */
const respeltPayload: Attack[1] = (genuine) => {
  const fits = ['', 'x', 'xx'].find((pad) => {
    const [, payload = ''] = forge(genuine, { claims: { pad } }).split('.');
    return payload.length % 4 !== 0;
  });
  return speltAndSigned(respelt, { claims: { pad: fits } })(genuine);
};

/** Wrong spellings of the token as text, all of which can stand in a header. */
export const spellings: readonly Attack[] = [
  ['one part', spelt((head) => head)],
  ['two parts', spelt((head, payload) => `${head}.${payload}`)],
  ['dots alone', () => '..'],
  ['no signature', spelt((head, payload) => `${head}.${payload}.`)],
  ['no payload', spelt((head, _, signature) => `${head}..${signature}`)],
  [
    'no payload, signed',
    (genuine) => signed(forge(genuine).split('.')[0] ?? '', '', signerOf(genuine.key)),
  ],
  ['no header', spelt((_, payload, signature) => `.${payload}.${signature}`)],
  ['four parts', spelt((...parts) => `${parts.join('.')}.x`)],
  ['an empty fourth part', spelt((...parts) => `${parts.join('.')}.`)],
  [
    'five parts, as JWE has',
    spelt((head, payload, signature) => `${head}.x.x.${payload}.${signature}`),
  ],
  [
    'the parts in another order',
    spelt((head, payload, signature) => `${payload}.${head}.${signature}`),
  ],
  ['padding of the signature', spelt((...parts) => `${parts.join('.')}=`)],
  [
    'padding of the header',
    spelt((head, payload, signature) => `${head}=.${payload}.${signature}`),
  ],
  ['padding of the payload, signed', speltAndSigned((payload) => `${payload}==`)],
  [
    'plain base64, signed',
    speltAndSigned((_, bytes) => bytes.toString('base64'), { claims: { pad: '???>>>~~~' } }),
  ],
  [
    '+ and / in the signature',
    spelt((head, payload, signature) => `${head}.${payload}.+/${signature.slice(2)}`),
  ],
  [
    'the last letter of the signature respelt',
    spelt((head, payload, signature) => `${head}.${payload}.${respelt(signature)}`),
  ],
  ['the last letter of the payload respelt, signed', respeltPayload],
  ['a letter that base64url lacks, signed', speltAndSigned((payload) => `${payload}!`)],
  ['a space within', spelt((head, payload, signature) => `${head}. ${payload}.${signature}`)],
  [
    'a tab within, signed',
    speltAndSigned((payload) => `${payload.slice(0, 4)}\t${payload.slice(4)}`),
  ],
  ['a letter beyond ASCII', spelt((...parts) => `${parts.join('.')}é`)],
  ['the dots as %2E', spelt((...parts) => parts.join('%2E'))],
  ['quotes', spelt((...parts) => `"${parts.join('.')}"`)],
  [
    'JWS as JSON',
    spelt((head, payload, signature) => JSON.stringify({ protected: head, payload, signature })),
  ],
  ['two tokens with a comma', spelt((...parts) => `${parts.join('.')},${parts.join('.')}`)],
  ['8193 letters, signed', (genuine) => longToken(genuine, 8193)],
  ['12 000 letters, signed', (genuine) => longToken(genuine, 12_000)],
];

/** Wrong spellings with what no header can hold, or what HTTP itself takes off. */
export const spellingsInBodies: readonly Attack[] = [
  ['a space before', spelt((...parts) => ` ${parts.join('.')}`)],
  ['a space after', spelt((...parts) => `${parts.join('.')} `)],
  ['a line break after', spelt((...parts) => `${parts.join('.')}\n`)],
  ['line breaks within', spelt((...parts) => parts.join('.\r\n'))],
  [
    'a line break within, signed',
    speltAndSigned((payload) => `${payload.slice(0, 64)}\n${payload.slice(64)}`),
  ],
  ['a NUL after', spelt((...parts) => `${parts.join('.')}\0`)],
  ['a byte order mark before', spelt((...parts) => `\ufeff${parts.join('.')}`)],
  [
    'sixty thousand letters',
    spelt((head, payload, signature) => `${head}.${payload}${'A'.repeat(60_000)}.${signature}`),
  ],
  ['sixty thousand dots', () => '.'.repeat(60_000)],
];

function longToken(genuine: Genuine, letters: number): string {
  const missing = letters - forge(genuine, { claims: { pad: '' } }).length;
  const token = forge(genuine, { claims: { pad: 'p'.repeat(Math.ceil((missing * 3) / 4)) } });
  if (token.length >= letters) return token;
  throw new Error(`It has ${token.length} letters`);
}

/** What may be wrong around a token in the Authorization header. */
export const authorizations: readonly (readonly [
  what: string,
  header: (token: string) => string,
])[] = [
  ['no scheme', (token) => token],
  ['no token', () => 'Bearer'],
  ['the scheme twice', (token) => `Bearer Bearer ${token}`],
  ['two tokens', (token) => `Bearer ${token} ${token}`],
  ['two credentials', (token) => `Bearer ${token}, Bearer ${token}`],
  ['words behind', (token) => `Bearer ${token} anything`],
  ['a comma behind', (token) => `Bearer ${token},`],
  ['a tab', (token) => `Bearer\t${token}`],
  ['a space that does not break', (token) => `Bearer\u00a0${token}`],
  ['a colon', (token) => `Bearer: ${token}`],
  ['an equals sign', (token) => `Bearer=${token}`],
  ['a parameter', (token) => `Bearer token="${token}"`],
  ['no space', (token) => `Bearer${token}`],
  ['a letter more', (token) => `Bearers ${token}`],
  ['a word before', (token) => `Token Bearer ${token}`],
  ['Basic', (token) => `Basic ${token}`],
  [
    'Basic of user and password',
    (token) => `Basic ${Buffer.from(`crm:${token}`).toString('base64')}`,
  ],
  ['DPoP', (token) => `DPoP ${token}`],
  ['Negotiate', (token) => `Negotiate ${token}`],
];

/** The scheme's name has no case (RFC 9110 §11.1), and several spaces are one. */
export const rightAuthorizations = ['Bearer ', 'bearer ', 'BEARER ', 'Bearer   '] as const;
