import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { pemText } from './pem-text';

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export(pkcs8).toString();
const body = pem.replace(/-----[^\n]*-----\n/g, '');
const isTheKey = (text: string) => createPrivateKey(text).equals(privateKey);

describe('The text of a key', () => {
  it.each<[string, string]>([
    ['as it is', pem],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${pem}`],
    ['with \\n for line feeds', pem.replaceAll('\n', '\\n')],
    ['with \\r\\n for line feeds', pem.replaceAll('\n', '\\r\\n')],
    ['in double quotes, with \\n', `"${pem.replaceAll('\n', '\\n')}"`],
    ['in single quotes', `'${pem.trim()}'`],
    ['in quotes with a comma', `"${pem.trim()}",`],
    ['as a JSON string', JSON.stringify(pem)],
    ['on one line', pem.replaceAll('\n', '')],
    ['on one line with blanks', pem.replaceAll('\n', ' ')],
    ['indented', pem.replaceAll('\n', '\n    ')],
    ['with blank lines', pem.replaceAll('\n', '\n\n')],
    ['without its first and last line', body],
    ['without them, on one line', body.replaceAll('\n', '')],
    ['in base64', Buffer.from(pem).toString('base64')],
    ['in base64 with line feeds', Buffer.from(pem).toString('base64').replace(/.{76}/g, '$&\n')],
    [
      'in base64, with a mark and CRLF',
      Buffer.from(`\ufeff${pem.replaceAll('\n', '\r\n')}`).toString('base64'),
    ],
  ])('is laid out when it comes %s', (_, text) => {
    const found = pemText(text, 'PRIVATE KEY');
    expect(isTheKey(found)).toBe(true);
    expect(pemText(found, 'PRIVATE KEY')).toBe(found);
  });

  it('of several blocks keeps them all, and the text around', () => {
    const two = pemText(`Bag Attributes\n${pem.replaceAll('\n', '')}\n${pem}`, 'PRIVATE KEY');
    expect(two.match(/-----BEGIN/g)).toHaveLength(2);
    expect(two).toMatch(/^Bag Attributes\n/);
  });

  it.each(['', ' ', 'hunter2', '{"a":1}', '-----BEGIN PRIVATE KEY-----'])(
    'that is none stays what it is: %j',
    (text) => {
      expect(pemText(text, 'PRIVATE KEY')).toBe(text.trim());
    },
  );
});
