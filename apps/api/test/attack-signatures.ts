import { createHash, createPublicKey } from 'node:crypto';
import {
  type Attack,
  changed,
  curve,
  curveKey,
  edwardsKey,
  foreign,
  forge,
  type Forgery,
  type Genuine,
  hmac,
  nobody,
  pss,
  publicPem,
  rsa,
  type Signer,
  signerOf,
} from './forged-tokens';

const p256 = curveKey('P-256');
const p384 = curveKey('P-384');
const ed25519 = edwardsKey();

const noAlgs: readonly unknown[] = [
  'none',
  'None',
  'NONE',
  'nOnE',
  'none ',
  '',
  null,
  undefined,
  0,
  false,
  [],
  ['none'],
  {},
];

/** Tokens without a signature: alg none, in several spellings. */
export const unsigned: readonly Attack[] = noAlgs.flatMap((alg): Attack[] => {
  const what = `alg ${JSON.stringify(alg)}`;
  const header = { alg };
  return [
    [`${what} and no signature`, changed({ header, sign: nobody })],
    [`${what} and any signature`, changed({ header, sign: () => Buffer.from('signature') })],
    [`${what} and the right signature`, changed({ header })],
  ];
});

/** Secrets made of the public key, in all its forms: whoever wants can have them. RFC 8725 §2.1 */
const secrets: readonly (readonly [what: string, secret: (genuine: Genuine) => string | Buffer])[] =
  [
    ['the PEM', ({ key }) => publicPem(key)],
    ['the PEM without its last line break', ({ key }) => publicPem(key).trim()],
    ['the PKCS#1', ({ key }) => createPublicKey(key).export({ type: 'pkcs1', format: 'pem' })],
    ['the DER', ({ key }) => createPublicKey(key).export({ type: 'spki', format: 'der' })],
    [
      'the modulus',
      ({ key }) => Buffer.from(createPublicKey(key).export({ format: 'jwk' }).n ?? '', 'base64url'),
    ],
    ['the JWK', ({ key }) => JSON.stringify(createPublicKey(key).export({ format: 'jwk' }))],
    [
      'the fingerprint',
      ({ key }) =>
        createHash('sha256')
          .update(createPublicKey(key).export({ type: 'spki', format: 'der' }))
          .digest('hex'),
    ],
    ['the kid', ({ header }) => String(header.kid)],
    ['nothing', () => ''],
  ];

/** The other algorithms for classes that RS256 signs. */
export const rsaSwaps: readonly Attack[] = [
  ...secrets.flatMap(([what, secret]): Attack[] => {
    const byHmac = (hash: string) => (genuine: Genuine) => hmac(hash, secret(genuine));
    return [
      [
        `HS256 with ${what} as the secret`,
        changed((g) => ({ header: { alg: 'HS256' }, sign: byHmac('sha256')(g) })),
      ],
      [
        `HS512 with ${what} as the secret`,
        changed((g) => ({ header: { alg: 'HS512' }, sign: byHmac('sha512')(g) })),
      ],
      [`HMAC with ${what}, said to be RS256`, changed((g) => ({ sign: byHmac('sha256')(g) }))],
    ];
  }),
  ...swap('RS384', (key) => rsa('sha384', key)),
  ...swap('RS512', (key) => rsa('sha512', key)),
  ...swap('RS1', (key) => rsa('sha1', key)),
  ...swap('PS256', (key) => pss('sha256', key)),
  ...swap('PS512', (key) => pss('sha512', key)),
  ['RS384, signed as RS256', changed({ header: { alg: 'RS384' } })],
  ['alg in small letters', changed({ header: { alg: 'rs256' } })],
  ['alg with a space', changed({ header: { alg: 'RS256 ' } })],
  ['alg in a list', changed({ header: { alg: ['RS256'] } })],
  ...curves('RS256'),
];

function swap(alg: string, by: (key: Genuine['key']) => Signer): Attack[] {
  return [
    [`${alg} by the right key`, changed(({ key }) => ({ header: { alg }, sign: by(key) }))],
    [`${alg} by a foreign key`, changed({ header: { alg }, sign: by(foreign) })],
    [`${alg} by the right key, said to be RS256`, changed(({ key }) => ({ sign: by(key) }))],
  ];
}

function curves(own: string): Attack[] {
  const jwk = createPublicKey(p256).export({ format: 'jwk' });
  return [
    ['ES256', changed({ header: { alg: 'ES256' }, sign: curve('sha256', p256) })],
    ['ES256 with its key', changed({ header: { alg: 'ES256', jwk }, sign: curve('sha256', p256) })],
    ['ES256 of zeros', changed({ header: { alg: 'ES256' }, sign: () => Buffer.alloc(64) })],
    ['ES384', changed({ header: { alg: 'ES384' }, sign: curve('sha384', p384) })],
    ['EdDSA', changed({ header: { alg: 'EdDSA' }, sign: curve(null, ed25519) })],
    [`ECDSA, said to be ${own}`, changed({ sign: curve('sha256', p256) })],
  ];
}

/** The other algorithms for the class that HS256 signs. */
export const hmacSwaps: readonly Attack[] = [
  [
    'HS384 with the right secret',
    changed(({ key }) => ({ header: { alg: 'HS384' }, sign: hmac('sha384', key) })),
  ],
  [
    'HS512 with the right secret',
    changed(({ key }) => ({ header: { alg: 'HS512' }, sign: hmac('sha512', key) })),
  ],
  [
    'HS512 with the right secret, said to be HS256',
    changed(({ key }) => ({ sign: hmac('sha512', key) })),
  ],
  ['HS384, signed as HS256', changed({ header: { alg: 'HS384' } })],
  ['alg in small letters', changed({ header: { alg: 'hs256' } })],
  ['RS256', changed({ header: { alg: 'RS256' }, sign: rsa('sha256', foreign) })],
  [
    'RS256 with its key',
    changed({
      header: { alg: 'RS256', jwk: createPublicKey(foreign).export({ format: 'jwk' }) },
      sign: rsa('sha256', foreign),
    }),
  ],
  ['RSA, said to be HS256', changed({ sign: rsa('sha256', foreign) })],
  [
    'another secret',
    changed({ sign: hmac('sha256', 'another secret of more than 32 characters') }),
  ],
  ['an empty secret', changed({ sign: hmac('sha256', '') })],
  [
    'the secret as base64 has it',
    changed(({ key }) => ({ sign: hmac('sha256', key.export().toString('base64')) })),
  ],
  [
    'the secret decoded from base64',
    changed(({ key }) => ({
      sign: hmac('sha256', Buffer.from(key.export().toString(), 'base64')),
    })),
  ],
  [
    'the secret and a line break',
    changed(({ key }) => ({ sign: hmac('sha256', `${key.export().toString()}\n`) })),
  ],
  [
    'half of the right signature',
    changed(({ key }) => ({ sign: (text) => hmac('sha256', key)(text).subarray(0, 16) })),
  ],
  [
    'the right signature and a byte',
    changed(({ key }) => ({
      sign: (text) => Buffer.concat([hmac('sha256', key)(text), Buffer.from('x')]),
    })),
  ],
  ...curves('HS256'),
];

const rightOf = ({ key }: Genuine, change: (signature: Buffer) => Buffer): Forgery => ({
  sign: (text) => change(signerOf(key)(text)),
});

export const wrongSignatures: readonly Attack[] = [
  ['a foreign key, under the right kid', changed({ sign: rsa('sha256', foreign) })],
  ['a signature over another payload', (g) => transplanted(g, { claims: { pad: 'x' } })],
  ['a signature over another header', (g) => transplanted(g, { header: { pad: 'x' } })],
  [
    'a signature of zeros',
    changed((g) => rightOf(g, (signature) => Buffer.alloc(signature.length))),
  ],
  ['a signature cut off', changed((g) => rightOf(g, (signature) => signature.subarray(0, -1)))],
  [
    'a signature with a bit flipped',
    changed((g) =>
      rightOf(g, (signature) =>
        Buffer.from(signature.map((byte, at) => (at === 9 ? byte ^ 1 : byte))),
      ),
    ),
  ],
  [
    'a signature with a zero before',
    changed((g) => rightOf(g, (signature) => Buffer.concat([Buffer.alloc(1), signature]))),
  ],
];

function transplanted(genuine: Genuine, forgery: Forgery): string {
  const [head = '', payload = ''] = forge(genuine, forgery).split('.');
  return `${head}.${payload}.${forge(genuine).split('.')[2] ?? ''}`;
}
