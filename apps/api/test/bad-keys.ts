const hour = 3_600_000;
const inMs = (ms: number) => new Date(Date.now() + ms);

/** What is wrong with a key in the table that would have been fine, or refused, when it was uploaded. */
interface BadKey {
  readonly bits?: number;
  readonly enabled?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export const badKeys: readonly (readonly [what: string, key: BadKey])[] = [
  ['disabled', { enabled: false }],
  ['of 1024 bits', { bits: 1024 }],
  ['of a certificate that has expired', { notBefore: inMs(-2 * hour), notAfter: inMs(-1000) }],
  ['of a certificate of tomorrow', { notBefore: inMs(hour), notAfter: inMs(2 * hour) }],
];
