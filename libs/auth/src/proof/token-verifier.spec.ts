import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  type SignKeyObjectInput,
} from 'node:crypto';
import { Clock } from '@app/core';
import { InvalidTokenError } from './auth.errors';
import type { TokenPolicy } from './token-policy';
import { type TokenClaims, TokenVerifier } from './token-verifier';

const now = 1_800_000_000;

class StoppedClock extends Clock {
  now(): Date {
    return new Date(now * 1000);
  }
}

const verifier = new TokenVerifier(new StoppedClock());
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = createSecretKey(Buffer.from('a secret of at least 32 characters'));

const assertion: TokenPolicy = {
  tokenClass: 'assertion',
  algorithm: 'RS256',
  types: ['jwt', ''],
  skewSeconds: 60,
  maxLifeSeconds: 3600,
  issuer: 'crm',
  audience: { oneOf: ['https://push.example.com'], optional: true },
  required: ['iss', 'sub'],
};
const access: TokenPolicy = {
  ...assertion,
  tokenClass: 'access',
  types: ['at+jwt'],
  audience: { oneOf: ['carillon:access'] },
};
const challenge: TokenPolicy = {
  tokenClass: 'challenge',
  algorithm: 'HS256',
  types: ['jwt', ''],
  skewSeconds: 60,
  maxLifeSeconds: 31 * 86_400,
  audience: { oneOf: ['https://push.example.com'], list: true },
  required: ['nonce'],
  milliseconds: true,
};

const header = { alg: 'RS256', typ: 'JWT' };
const claims = { iss: 'crm', sub: 'crm', iat: now, exp: now + 600 };

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

interface Forged {
  readonly head?: unknown;
  readonly body?: unknown;
  readonly key?: KeyObject | SignKeyObjectInput;
  readonly hash?: string;
}

function token({
  head = header,
  body = claims,
  key = own.privateKey,
  hash = 'sha256',
}: Forged = {}) {
  const signed = `${encode(head)}.${encode(body)}`;
  return `${signed}.${sign(hash, Buffer.from(signed), key).toString('base64url')}`;
}

function hmac(head: unknown, body: unknown, key: KeyObject | string | Buffer) {
  const signed = `${encode(head)}.${encode(body)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

function verify(
  raw: string,
  policy = assertion,
  candidates: readonly { key: KeyObject }[] = [{ key: own.publicKey }],
): TokenClaims {
  const read = verifier.read(raw, policy);
  verifier.signer(read, policy, candidates);
  return verifier.accept(read.claims, policy);
}

const nested = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;

describe('the verifier takes', () => {
  it.each([
    { what: 'a plain assertion', raw: token() },
    { what: 'one without typ', raw: token({ head: { alg: 'RS256' } }) },
    { what: 'a typ in other letters', raw: token({ head: { ...header, typ: 'jwt' } }) },
    { what: 'a typ in full', raw: token({ head: { ...header, typ: 'application/JWT' } }) },
    { what: 'a kid of 128 characters', raw: token({ head: { ...header, kid: 'k'.repeat(128) } }) },
    { what: 'our audience', raw: token({ body: { ...claims, aud: 'https://push.example.com' } }) },
    { what: 'fractions of seconds', raw: token({ body: { ...claims, exp: now + 0.5 } }) },
    {
      what: 'one that expired 59 s ago',
      raw: token({ body: { ...claims, iat: now - 99, exp: now - 59 } }),
    },
    {
      what: 'one made 60 s from now',
      raw: token({ body: { ...claims, iat: now + 60, nbf: now + 60 } }),
    },
    { what: 'the longest life', raw: token({ body: { ...claims, exp: now + 3600 } }) },
    {
      what: 'claims of 16 levels',
      raw: token({
        body: { ...claims, x: JSON.parse('['.repeat(15) + ']'.repeat(15)) as unknown },
      }),
    },
    { what: 'letters of other scripts', raw: token({ body: { ...claims, name: 'Łukasz 😀' } }) },
  ])('$what', ({ raw }) => {
    expect(verify(raw)).toMatchObject({ iss: 'crm', sub: 'crm' });
  });

  it.each([
    { what: 'a secret', body: {} },
    { what: 'milliseconds', body: { iat: now * 1000, exp: (now + 600) * 1000 } },
    { what: 'exp in milliseconds and iat in seconds', body: { iat: now, exp: (now + 600) * 1000 } },
    { what: 'a list of audiences', body: { aud: ['other', 'https://push.example.com'] } },
  ])('$what where the policy allows it', ({ body }) => {
    const all = { nonce: 'n', aud: 'https://push.example.com', iat: now, exp: now + 600, ...body };
    const taken = verify(hmac({ alg: 'HS256' }, all, secret), challenge, [{ key: secret }]);
    expect(taken).toMatchObject({ iat: now, exp: now + 600 });
  });

  it('the key that signed, of ten', () => {
    const others = Array.from({ length: 9 }, () => ({ key: foreign.publicKey }));
    expect(verify(token(), assertion, [...others, { key: own.publicKey }])).toMatchObject(claims);
  });
});

describe('the verifier refuses the form', () => {
  const [head = '', body = '', signature = ''] = token().split('.');
  const last = signature.slice(-1);
  const respelled = signature.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
  it.each([
    { what: 'nothing', raw: '' },
    { what: 'one part', raw: head },
    { what: 'two parts', raw: `${head}.${body}` },
    { what: 'four parts', raw: `${head}.${body}.${signature}.x` },
    { what: 'five parts, as JWE has', raw: `${head}.x.x.${body}.${signature}` },
    { what: 'no signature', raw: `${head}.${body}.` },
    { what: 'no payload', raw: `${head}..${signature}` },
    { what: 'no header', raw: `.${body}.${signature}` },
    { what: 'padding', raw: `${head}=.${body}.${signature}` },
    { what: 'padding of the signature', raw: `${token()}==` },
    { what: 'plain base64', raw: `${head}.${body}.+/${signature.slice(2)}` },
    { what: 'a space before', raw: ` ${token()}` },
    { what: 'a line break after', raw: `${token()}\n` },
    { what: 'a space within', raw: `${head}. ${body}.${signature}` },
    { what: 'a NUL within', raw: `${head}.${body}\0.${signature}` },
    { what: 'the last letter respelled', raw: `${head}.${body}.${respelled}` },
    {
      what: '8193 characters',
      raw: `${head}.${'a'.repeat(8191 - head.length - signature.length)}.${signature}`,
    },
    { what: 'a header that is no JSON', raw: token({ head: 'alg' }) },
    { what: 'a header that is a list', raw: token({ head: [header] }) },
    { what: 'a header that is null', raw: token({ head: 'null' }) },
    { what: 'a payload that is text', raw: token({ body: '"crm"' }) },
    { what: 'a payload that is a number', raw: token({ body: '1' }) },
    { what: 'a payload that is a list', raw: token({ body: [claims] }) },
    { what: 'a deep payload', raw: token({ body: nested(17) }) },
    { what: 'the deepest payload that fits', raw: token({ body: nested(2700) }) },
    { what: 'a deep header', raw: token({ head: nested(2700) }) },
    {
      what: 'bytes that are no UTF-8',
      raw: `${head}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`,
    },
    { what: 'a byte order mark', raw: token({ body: `\uFEFF${JSON.stringify(claims)}` }) },
  ])('$what', ({ raw }) => {
    expect(() => verifier.read(raw, assertion)).toThrow(InvalidTokenError);
  });
});

describe('the verifier refuses a header with', () => {
  it.each<{ what: string; head: object }>([
    { what: 'no alg', head: { alg: undefined } },
    { what: 'alg none', head: { alg: 'none' } },
    { what: 'alg None', head: { alg: 'None' } },
    { what: 'alg HS256', head: { alg: 'HS256' } },
    { what: 'alg RS384', head: { alg: 'RS384' } },
    { what: 'alg RS512', head: { alg: 'RS512' } },
    { what: 'alg PS256', head: { alg: 'PS256' } },
    { what: 'alg ES256', head: { alg: 'ES256' } },
    { what: 'alg in other letters', head: { alg: 'rs256' } },
    { what: 'alg with a space', head: { alg: 'RS256 ' } },
    { what: 'a list of algs', head: { alg: ['RS256'] } },
    { what: 'the typ of our access tokens', head: { typ: 'at+jwt' } },
    { what: 'a foreign typ', head: { typ: 'JOSE' } },
    { what: 'an empty typ', head: { typ: '' } },
    { what: 'a typ that is a number', head: { typ: 1 } },
    { what: 'a typ that is null', head: { typ: null } },
    { what: 'an unknown crit', head: { crit: ['x'], x: 1 } },
    { what: 'an empty crit', head: { crit: [] } },
    { what: 'crit null', head: { crit: null } },
    { what: 'b64 false', head: { b64: false } },
    { what: 'a key of its own', head: { jwk: foreign.publicKey.export({ format: 'jwk' }) } },
    { what: 'jku', head: { jku: 'https://evil.example/jwks.json' } },
    { what: 'x5u', head: { x5u: 'https://evil.example/cert.pem' } },
    { what: 'x5c', head: { x5c: ['MIIB'] } },
    { what: 'cty', head: { cty: 'JWT' } },
    { what: 'zip', head: { zip: 'DEF' } },
    { what: 'enc', head: { enc: 'A256GCM' } },
    { what: 'a kid that is an object', head: { kid: { kid: 'k' } } },
    { what: 'a kid that is a number', head: { kid: 1 } },
    { what: 'a kid that is null', head: { kid: null } },
    { what: 'an empty kid', head: { kid: '' } },
    { what: 'a kid of 129 characters', head: { kid: 'k'.repeat(129) } },
    { what: 'a kid with NUL', head: { kid: 'k\0' } },
    { what: 'a kid with half a character', head: { kid: '\ud800' } },
  ])('$what', ({ head }) => {
    const raw = token({ head: { ...header, ...head } });
    expect(() => verifier.read(raw, assertion)).toThrow(InvalidTokenError);
  });

  it('no typ, where the class has one', () => {
    expect(() => verifier.read(token({ head: { alg: 'RS256' } }), access)).toThrow(
      InvalidTokenError,
    );
  });
});

describe('the verifier refuses the signature', () => {
  const pem = own.publicKey.export({ type: 'spki', format: 'pem' });
  const [head = '', body = '', signature = ''] = token().split('.');
  const pssKey = { key: own.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING };
  it.each([
    { what: 'of a foreign key', raw: token({ key: foreign.privateKey }) },
    {
      what: 'over another payload',
      raw: `${head}.${encode({ ...claims, sub: 'root' })}.${signature}`,
    },
    { what: 'over another header', raw: `${encode({ ...header, kid: 'k' })}.${body}.${signature}` },
    { what: 'with SHA-384', raw: token({ hash: 'sha384' }) },
    { what: 'with SHA-512', raw: token({ hash: 'sha512' }) },
    { what: 'with SHA-1', raw: token({ hash: 'sha1' }) },
    { what: 'with PSS padding', raw: token({ key: pssKey }) },
    { what: 'cut off', raw: `${head}.${body}.${signature.slice(0, 40)}` },
    { what: 'of zeros', raw: `${head}.${body}.${Buffer.alloc(256).toString('base64url')}` },
    { what: 'by HMAC with the public key', raw: hmac(header, claims, pem) },
  ])('$what', ({ raw }) => {
    expect(() => verify(raw)).toThrow(InvalidTokenError);
  });

  it.each([
    { what: 'RSA of 1024 bits', pair: short },
    { what: 'RSA-PSS', pair: pss },
    { what: 'an elliptic curve', pair: curve },
  ])('by a key of another kind: $what', ({ pair }) => {
    const raw = token({ key: pair.privateKey });
    expect(() => verify(raw, assertion, [{ key: pair.publicKey }])).toThrow(InvalidTokenError);
  });

  it('by HMAC, keyed with what is a public key to us', () => {
    const body = { nonce: 'n', aud: 'https://push.example.com', exp: now + 600 };
    const raw = hmac({ alg: 'HS256' }, body, pem);
    expect(() => verify(raw, challenge, [{ key: own.publicKey }])).toThrow(InvalidTokenError);
  });

  it('by a secret, where a key pair is wanted', () => {
    expect(() => verify(token(), assertion, [{ key: secret }])).toThrow(InvalidTokenError);
  });

  it('where there is no key, and by the eleventh', () => {
    const others = Array.from({ length: 10 }, () => ({ key: foreign.publicKey }));
    expect(() => verify(token(), assertion, [])).toThrow(InvalidTokenError);
    expect(() => verify(token(), assertion, [...others, { key: own.publicKey }])).toThrow(
      InvalidTokenError,
    );
  });
});

describe('the verifier refuses claims with', () => {
  it.each<{ what: string; changes: object }>([
    { what: 'no exp', changes: { exp: undefined } },
    { what: 'exp null', changes: { exp: null } },
    { what: 'exp as text', changes: { exp: String(now + 600) } },
    { what: 'exp as a list', changes: { exp: [now + 600] } },
    { what: 'exp 0', changes: { iat: undefined, exp: 0 } },
    { what: 'exp below 0', changes: { iat: undefined, exp: -1 } },
    { what: 'exp in milliseconds', changes: { exp: (now + 600) * 1000 } },
    { what: 'exp 60 s ago', changes: { iat: now - 99, exp: now - 60 } },
    { what: 'exp too far from iat', changes: { exp: now + 3601 } },
    { what: 'exp too far from an old iat', changes: { iat: now - 3600, exp: now + 1 } },
    { what: 'exp too far from now', changes: { iat: undefined, exp: now + 3661 } },
    { what: 'exp before iat', changes: { iat: now + 10, exp: now + 5 } },
    { what: 'exp at iat', changes: { iat: now + 10, exp: now + 10 } },
    { what: 'iat in the future', changes: { iat: now + 61 } },
    { what: 'iat as text', changes: { iat: String(now) } },
    { what: 'iat as an object', changes: { iat: {} } },
    { what: 'iat null', changes: { iat: null } },
    { what: 'iat 0', changes: { iat: 0 } },
    { what: 'iat in milliseconds', changes: { iat: now * 1000 } },
    { what: 'nbf in the future', changes: { nbf: now + 61 } },
    { what: 'nbf as text', changes: { nbf: 'now' } },
    { what: 'nbf true', changes: { nbf: true } },
    { what: 'another iss', changes: { iss: 'erp' } },
    { what: 'iss in other letters', changes: { iss: 'CRM' } },
    { what: 'no iss', changes: { iss: undefined } },
    { what: 'iss as a list', changes: { iss: ['crm'] } },
    { what: 'no sub', changes: { sub: undefined } },
    { what: 'sub empty', changes: { sub: '' } },
    { what: 'sub blank', changes: { sub: '  ' } },
    { what: 'sub as a number', changes: { sub: 1 } },
    { what: 'sub as an object', changes: { sub: { toString: 'crm' } } },
    { what: 'sub null', changes: { sub: null } },
    { what: 'sub with NUL', changes: { sub: 'crm\0' } },
    { what: 'sub with a line break', changes: { sub: 'crm\n' } },
    { what: 'sub with half a character', changes: { sub: '\udfff' } },
    { what: 'sub of 256 characters', changes: { sub: 's'.repeat(256) } },
    { what: 'jti as an object', changes: { jti: {} } },
    { what: 'jti empty', changes: { jti: '' } },
    { what: 'jti of 256 characters', changes: { jti: 'j'.repeat(256) } },
    { what: 'another aud', changes: { aud: 'https://evil.example' } },
    { what: 'aud that only begins like ours', changes: { aud: 'https://push.example.com.evil' } },
    { what: 'aud as a list', changes: { aud: ['https://push.example.com'] } },
    { what: 'aud as an empty list', changes: { aud: [] } },
    { what: 'aud null', changes: { aud: null } },
    { what: 'aud as an object', changes: { aud: {} } },
    { what: 'the audience of another class', changes: { aud: 'carillon:access' } },
  ])('$what', ({ changes }) => {
    expect(() => verify(token({ body: { ...claims, ...changes } }))).toThrow(InvalidTokenError);
  });

  it('exp that is infinite', () => {
    const body = `{"iss":"crm","sub":"crm","exp":1e400}`;
    expect(() => verify(token({ body }))).toThrow(InvalidTokenError);
  });

  it('no aud, where it is wanted', () => {
    const raw = token({ head: { ...header, typ: 'at+jwt' } });
    expect(() => verify(raw, access)).toThrow(InvalidTokenError);
  });

  it.each([
    { what: 'milliseconds that are too many', body: { exp: 1e14 } },
    { what: 'milliseconds that have passed', body: { exp: (now - 61) * 1000 } },
    { what: 'milliseconds beyond the longest life', body: { exp: (now + 32 * 86_400) * 1000 } },
    { what: 'no nonce', body: { nonce: undefined } },
    { what: 'a list without our audience', body: { aud: ['other'] } },
    { what: 'a list with something else in it', body: { aud: ['https://push.example.com', 1] } },
  ])('$what, where milliseconds and lists are allowed', ({ body }) => {
    const all = { nonce: 'n', aud: 'https://push.example.com', exp: now + 600, ...body };
    const raw = hmac({ alg: 'HS256' }, all, secret);
    expect(() => verify(raw, challenge, [{ key: secret }])).toThrow(InvalidTokenError);
  });

  it('one public sentence for all, and the reason apart', () => {
    const refusal = refusalOf(token({ body: { ...claims, iat: now - 99, exp: now - 60 } }));
    expect(refusal.message).toBe('The token is not valid');
    expect(refusal.reason).toBe('It has expired');
  });
});

function refusalOf(raw: string): InvalidTokenError {
  try {
    verify(raw);
  } catch (error) {
    if (error instanceof InvalidTokenError) return error;
  }
  throw new Error('It was taken');
}
