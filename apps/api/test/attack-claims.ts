import { type Attack, changed, flipped, now, withRaw } from './forged-tokens';

/** Values that are no times at all, as JSON. */
const noTimes = [
  'null',
  '"TIME"',
  '"NaN"',
  '"soon"',
  '""',
  '{}',
  '{"valueOf":TIME}',
  '[]',
  '[TIME]',
  'true',
  'false',
  '-1',
  '-TIME',
  '0',
  '1e400',
  '-1e400',
  '1e11',
  'TIME000',
  '1e-400',
];

interface Life {
  /** The seconds by which the clocks may differ. */
  readonly skewSeconds: number;
  /** The longest life in seconds; absent where our own session decides. */
  readonly maxLifeSeconds?: number;
  readonly milliseconds?: boolean;
}

/** Every shape of exp, nbf and iat that must not pass. */
export function times({
  skewSeconds,
  maxLifeSeconds,
  milliseconds = false,
}: Life): readonly Attack[] {
  const at = (name: string, seconds: () => number | undefined, rest: object = {}) =>
    changed(() => ({ claims: { ...rest, [name]: seconds() } }));
  const shapes = noTimes.filter((json) => !(milliseconds && ['1e11', 'TIME000'].includes(json)));
  return [
    ...['exp', 'nbf', 'iat'].flatMap((name) =>
      shapes.map((json): Attack => [
        `${name} ${json}`,
        changed(({ claims }) => ({
          claims: withRaw(
            claims,
            name,
            json.replace('TIME', String(now() + (name === 'exp' ? 300 : -5))),
          ),
        })),
      ]),
    ),
    ['no exp', changed({ claims: { exp: undefined } })],
    ['exp just past the skew', at('exp', () => now() - skewSeconds - 1, { iat: now() - 200 })],
    ['exp long ago', at('exp', () => 1_500_000_000, { iat: 1_499_999_000 })],
    ['exp before iat', changed(() => ({ claims: { iat: now() + 3, exp: now() + 2 } }))],
    ['exp at iat', changed(() => ({ claims: { iat: now() + 3, exp: now() + 3 } }))],
    [
      'exp with a fraction, past the skew',
      at('exp', () => now() - skewSeconds - 0.5, { iat: now() - 200 }),
    ],
    ['nbf to come', at('nbf', () => now() + skewSeconds + 5)],
    ['nbf far away', at('nbf', () => 9e10)],
    ['iat to come', at('iat', () => now() + skewSeconds + 5, { exp: now() + 900 })],
    ...(maxLifeSeconds === undefined
      ? []
      : ([
          ['exp in ten years', at('exp', () => now() + 315_360_000)],
          ['exp in the year 5000', at('exp', () => 9.5e10)],
          [
            'exp without iat, too far',
            at('exp', () => now() + maxLifeSeconds + 2 * skewSeconds + 5, { iat: undefined }),
          ],
        ] satisfies Attack[])),
  ];
}

/** What a claim that is text must not be. @param more that fit no other class of tokens */
export const texts = (name: string, more: readonly unknown[] = []): readonly Attack[] =>
  [
    null,
    '',
    ' ',
    0,
    1,
    true,
    {},
    { toString: 'x' },
    [],
    [[]],
    'x\0',
    '\ud800',
    'x\n',
    'x'.repeat(256),
    ...more,
  ].map((value): Attack => [
    `${name} ${JSON.stringify(value)}`.slice(0, 60),
    changed({ claims: { [name]: value } }),
  ]);

/** The right value of a claim, in ways that only seem to be it. */
export const spellingsOf = (name: string): readonly Attack[] => [
  [`${name} in a list`, changed(({ claims }) => ({ claims: { [name]: [claims[name]] } }))],
  [
    `${name} with a space`,
    changed(({ claims }) => ({ claims: { [name]: `${String(claims[name])} ` } })),
  ],
  [
    `${name} in other letters`,
    changed(({ claims }) => ({ claims: { [name]: flipped(String(claims[name])) } })),
  ],
  [
    `${name} with more behind`,
    changed(({ claims }) => ({ claims: { [name]: `${String(claims[name])}.evil` } })),
  ],
  [
    `${name} in the prototype`,
    changed(({ claims }) => ({
      claims: withRaw(
        { ...claims, [name]: undefined },
        '__proto__',
        JSON.stringify({ [name]: claims[name] }),
      ),
    })),
  ],
];
