import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { SecretSearch } from './secret-search';

const password = 'Pä55 "word"\\ & <more> %41';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const token = 'c2Vzc2lvbg-'.repeat(12);

const search = new SecretSearch();
search.add('password', password);
search.add('token', token);
search.add('rsa key', rsa.privateKey);
search.add('ec key', ec.privateKey);
search.add('bytes', Buffer.from('00ff10203040506070809f', 'hex'));

const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const pkcs1 = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const ecPem = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret is found', () => {
  it.each([
    ['password', 'as it is', `the ${password}!`],
    ['password', 'in JSON', JSON.stringify({ password })],
    ['password', 'in JSON within JSON', JSON.stringify({ body: JSON.stringify({ password }) })],
    ['password', 'in an object that is logged', inspect({ password })],
    ['password', 'in a URL', `/login?password=${encodeURIComponent(password)}`],
    ['password', 'in a form', String(new URLSearchParams({ password }))],
    ['password', 'in base64', base64(password)],
    ['password', 'in base64 behind one byte', base64(`:${password}:`)],
    ['password', 'in base64 behind two bytes', base64(`me:${password}`)],
    ['password', 'in base64url', Buffer.from(password).toString('base64url')],
    ['password', 'in hexadecimal', Buffer.from(password).toString('hex')],
    ['token', 'in part', `Bearer ${token.slice(30, 100)}`],
    ['rsa key', 'in PEM', pem],
    ['rsa key', 'in PKCS#1', pkcs1],
    ['rsa key', 'in JSON', JSON.stringify({ key: pem })],
    ['rsa key', 'as a line of its PEM', pem.split('\n')[20] ?? ''],
    ['rsa key', 'in base64 of its DER', pem.replace(/-----.*-----|\n/g, '')],
    ['rsa key', 'as JWK', JSON.stringify(rsa.privateKey.export({ format: 'jwk' }))],
    [
      'rsa key',
      'in hexadecimal',
      rsa.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('hex'),
    ],
    ['ec key', 'in PEM', ecPem],
    ['bytes', 'as PostgreSQL shows them', '(1,"\\\\x00ff10203040506070809f")'],
  ])('%s %s', (name, _, text) => {
    expect(search.findIn(`before ${text} after`)).toEqual([name]);
  });

  it('a private key wrapped in base64 once more', () => {
    const wrapped = new SecretSearch();
    wrapped.add('key file', pem);
    expect(wrapped.findIn(base64(pem))).toEqual(['key file']);
  });
});

it('what is public is no finding', () => {
  const spki = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const jwk = JSON.stringify(rsa.publicKey.export({ format: 'jwk' }));
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const foreign = other.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(search.findIn(`${spki} ${jwk} ${foreign} pass word`)).toEqual([]);
});
