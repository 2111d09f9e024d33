import { createPublicKey } from 'node:crypto';
import { type Attack, changed, flipped, foreign, rsa } from './forged-tokens';

/** Tokens that bring their key or their rules along (RFC 7515 §4.1), each also under the right signature. */
export const headers: readonly Attack[] = [
  ...(
    [
      ['jwk', createPublicKey(foreign).export({ format: 'jwk' })],
      ['jwk', null],
      ['jku', 'http://127.0.0.1:1/jwks.json'],
      ['x5u', 'http://127.0.0.1:1/cert.pem'],
      [
        'x5c',
        [createPublicKey(foreign).export({ type: 'spki', format: 'der' }).toString('base64')],
      ],
      ['crit', ['exp']],
      ['crit', ['b64']],
      ['crit', []],
      ['crit', null],
      ['crit', 'exp'],
      ['b64', false],
      ['b64', true],
      ['zip', 'DEF'],
      ['cty', 'JWT'],
      ['enc', 'A256GCM'],
    ] as const
  ).flatMap(([name, value]): Attack[] => {
    const what = `${name} ${typeof value === 'object' && value !== null && !Array.isArray(value) ? 'of a key' : JSON.stringify(value).slice(0, 40)}`;
    const header = { [name]: value };
    return [
      [`${what}, rightly signed`, changed({ header })],
      [`${what}, signed by its own key`, changed({ header, sign: rsa('sha256', foreign) })],
    ];
  }),
  [
    'b64 false and crit, the payload in clear',
    changed(({ header }) => ({ header: { ...header, b64: false, crit: ['b64'] } })),
  ],
];

const kid = (value: unknown): Attack => [
  `kid ${JSON.stringify(value).slice(0, 50)}`,
  changed({ header: { kid: value } }),
];

/** Values that are no kids at all, whether or not the class has any. */
export const malformedKids: readonly Attack[] = [
  '',
  ' ',
  'k\0',
  '\ud800',
  'k\n',
  'k'.repeat(129),
  {},
  { kid: 'k' },
  [],
  ['k'],
  0,
  1,
  null,
  true,
].map(kid);

/** The kids that a token might name. @param others genuine kids of somebody else */
export const kids = (...others: readonly string[]): readonly Attack[] => [
  ...malformedKids,
  ...[
    '../../../../../../dev/null',
    '/dev/null',
    "' OR '1'='1",
    "x' UNION SELECT 'c2VjcmV0",
    'k'.repeat(128),
    'http://127.0.0.1:1/key',
    '__proto__',
    ...others,
  ].map(kid),
];

/** The right kid, in ways that only seem to be it. */
export const kidSpellings: readonly Attack[] = [
  [
    'the kid with a space',
    changed(({ header }) => ({ header: { kid: `${String(header.kid)} ` } })),
  ],
  ['the kid in a list', changed(({ header }) => ({ header: { kid: [header.kid] } }))],
  [
    'the kid in other letters',
    changed(({ header }) => ({ header: { kid: flipped(String(header.kid)) } })),
  ],
];

/** @param own the typ of the class, in small letters @param others the classes' own that this one is not */
export const types = (own: string, absentToo: boolean): readonly Attack[] =>
  [
    ...['at+jwt', 'push-session+jwt', 'JWT'].filter((typ) => typ.toLowerCase() !== own),
    ...(absentToo ? [undefined] : []),
    '',
    'JOSE',
    'JWE',
    'logout+jwt',
    'dpop+jwt',
    'at_jwt',
    `${own} `,
    ` ${own}`,
    `${own}\0`,
    `${own};charset=utf-8`,
    `text/${own}`,
    `application/application/${own}`,
    `application/${own}/`,
    `x${own}`,
    null,
    0,
    true,
    {},
    [],
    [own],
  ].map((typ): Attack => [`typ ${JSON.stringify(typ)}`, changed({ header: { typ } })]);
