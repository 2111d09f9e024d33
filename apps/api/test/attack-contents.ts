import { type Attack, changed, withRaw } from './forged-tokens';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

/** Rightly signed tokens whose header or payload is no object of JSON. */
export const contents: readonly Attack[] = [
  ...(
    [
      ['no JSON', 'sub=root'],
      ['a list', '[{"sub":"root"}]'],
      ['text', '"root"'],
      ['a number', '1'],
      ['null', 'null'],
      ['white space', '  '],
      ['an unfinished object', '{"sub":"root"'],
      ['a deep list', nested(2000)],
      ['a deep object', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`],
    ] as const
  ).flatMap(([what, json]): Attack[] => [
    [`a payload that is ${what}`, changed({ claims: json })],
    [`a header that is ${what}`, changed({ header: json })],
  ]),
  [
    'a payload of two objects',
    changed(({ claims }) => ({ claims: JSON.stringify(claims).repeat(2) })),
  ],
  [
    'a payload with a byte order mark',
    changed(({ claims }) => ({ claims: `\ufeff${JSON.stringify(claims)}` })),
  ],
  [
    'a payload in UTF-16',
    changed(({ claims }) => ({ claims: Buffer.from(JSON.stringify(claims), 'utf16le') })),
  ],
  [
    'a payload with bytes that are no UTF-8',
    changed(({ claims }) => ({
      claims: Buffer.from(JSON.stringify({ ...claims, pad: '\u00ff' }), 'latin1'),
    })),
  ],
  [
    'a deep claim beside',
    changed(({ claims }) => ({ claims: withRaw(claims, 'pad', nested(2000)) })),
  ],
  ['an empty payload', changed({ claims: '{}' })],
  [
    'claims in the prototype',
    changed(({ claims }) => ({ claims: `{"__proto__":${JSON.stringify(claims)}}` })),
  ],
  ['claims in a claim', changed(({ claims }) => ({ claims: JSON.stringify({ claims }) }))],
  [
    'exp twice, the last one past',
    changed(({ claims }) => ({ claims: JSON.stringify(claims).replace(/\}$/, ',"exp":1}') })),
  ],
  [
    'alg twice, the last one none',
    changed(({ header }) => ({ header: JSON.stringify(header).replace(/\}$/, ',"alg":"none"}') })),
  ],
];
