import { createHmac, createSecretKey } from 'node:crypto';
import type { ApiSpace } from '@app/applications';
import { Clock } from '@app/core';
import { Logger } from '@nestjs/common';
import { ChallengeTokens } from './challenge-tokens';
import { InvalidChallengeTokenError } from './push-sessions.errors';
import { TokenVerifier } from '../proof/token-verifier';

const now = 1_800_000_000;
const day = 86_400;

class HandClock extends Clock {
  seconds = now;
  now(): Date {
    return new Date(this.seconds * 1_000);
  }
}

const secret = 'a shared secret of Dotdigital, 43 characters';
const previous = 'the one before';
const nonce = 'the-nonce-of-this-challenge';

const space: ApiSpace = {
  applicationId: 1,
  apiSpaceId: 'space',
  issuer: 'https://api.comapi.com/defaultauth',
  audience: 'https://api.comapi.com',
  idClaim: 'sub',
  timestampUnit: 'auto',
  sessionSeconds: day,
  updatedAt: new Date(0),
  secrets: [
    { key: createSecretKey(Buffer.from(secret)) },
    { key: createSecretKey(Buffer.from(previous)), until: new Date((now + 60) * 1_000) },
  ],
};

const claims = {
  iss: space.issuer,
  aud: space.audience,
  sub: 'ann',
  nonce,
  iat: now,
  exp: now + day,
};

function signed(changes: object = {}, header: object = { typ: 'JWT' }, key = secret): string {
  const parts = [
    { alg: 'HS256', ...header },
    { ...claims, ...changes },
  ];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = createHmac('sha256', key).update(text.join('.')).digest('base64url');
  return [...text, signature].join('.');
}

describe('a challenge token', () => {
  const clock = new HandClock();
  let tokens: ChallengeTokens;
  const warnings: unknown[] = [];

  beforeEach(() => {
    clock.seconds = now;
    warnings.length = 0;
    tokens = new ChallengeTokens(new TokenVerifier(clock), clock);
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (line: unknown) => warnings.push(line),
    });
  });
  afterEach(() => {
    Logger.overrideLogger(true);
  });

  const verify = (raw: string, changes: Partial<ApiSpace> = {}) =>
    tokens.verify({ ...space, ...changes }, raw, nonce);
  const refused = (raw: string, changes?: Partial<ApiSpace>) => {
    expect(() => verify(raw, changes)).toThrow(InvalidChallengeTokenError);
  };

  it.each([
    { what: 'as the sample for JavaScript writes it', changes: {}, exp: now + day },
    {
      what: 'with fractions, as iOS writes them',
      changes: { iat: now + 0.25, exp: now + day + 0.75 },
      exp: now + day + 0.75,
    },
    {
      what: 'in milliseconds, as the sample for Android writes them',
      changes: { iat: now * 1_000, exp: (now + 30 * day) * 1_000 },
      exp: now + 30 * day,
    },
    {
      what: 'with exp in milliseconds and iat in seconds',
      changes: { exp: (now + day) * 1_000 },
      exp: now + day,
    },
    { what: 'without iat', changes: { iat: undefined }, exp: now + day },
    {
      what: 'with clocks within the skew',
      changes: { iat: now + 59, nbf: now + 59 },
      exp: now + day,
    },
    {
      what: 'that ended within the skew',
      changes: { iat: now - 99, exp: now - 59 },
      exp: now - 59,
    },
    { what: 'that lives for 31 days', changes: { exp: now + 31 * day }, exp: now + 31 * day },
    {
      what: 'with several audiences',
      changes: { aud: ['another', space.audience] },
      exp: now + day,
    },
  ])('$what is taken', ({ changes, exp }) => {
    expect(verify(signed(changes))).toEqual({ userId: 'ann', exp });
  });

  it.each([
    { typ: 'JWT', header: { typ: 'JWT' } },
    { typ: 'jwt', header: { typ: 'jwt' } },
    { typ: 'none', header: {} },
  ])('may have the typ $typ', ({ header }) => {
    expect(verify(signed({}, header)).userId).toBe('ann');
  });

  it.each([
    { what: 'another nonce', changes: { nonce: 'the-nonce-of-another-challenge' } },
    { what: 'a nonce of the same length', changes: { nonce: nonce.replace('t', 'x') } },
    { what: 'no nonce', changes: { nonce: undefined } },
    { what: 'a nonce that is a list', changes: { nonce: [nonce] } },
    { what: 'another issuer', changes: { iss: 'https://example.com' } },
    { what: 'no issuer', changes: { iss: undefined } },
    { what: 'another audience', changes: { aud: 'https://example.com' } },
    { what: 'no audience', changes: { aud: undefined } },
    { what: 'no user', changes: { sub: undefined } },
    { what: 'an empty user', changes: { sub: '' } },
    { what: 'a user who is a number', changes: { sub: 7 } },
    { what: 'a user with a NUL', changes: { sub: 'a\0b' } },
    { what: 'a user of 256 characters', changes: { sub: 'u'.repeat(256) } },
    { what: 'no exp', changes: { exp: undefined } },
    { what: 'an exp before the skew', changes: { iat: now - 99, exp: now - 61 } },
    { what: 'an exp in milliseconds that is over', changes: { exp: (now - 61) * 1_000 } },
    { what: 'an exp after 31 days and the skew', changes: { exp: now + 31 * day + 61 } },
    { what: 'an exp in microseconds', changes: { exp: (now + day) * 1_000_000 } },
    { what: 'an exp of 0', changes: { exp: 0 } },
    { what: 'a negative exp', changes: { exp: -1 } },
    { what: 'an exp as text', changes: { exp: String(now + day) } },
    { what: 'an iat to come', changes: { iat: now + 61 } },
    { what: 'an iat in milliseconds to come', changes: { iat: (now + 61) * 1_000 } },
    { what: 'an nbf to come', changes: { nbf: now + 61 } },
  ])('with $what is refused', ({ changes }) => {
    refused(signed(changes));
  });

  it.each([
    { what: 'another algorithm', header: { alg: 'HS512', typ: 'JWT' } },
    { what: 'no algorithm', header: { alg: 'none', typ: 'JWT' } },
    { what: 'an algorithm of key pairs', header: { alg: 'RS256', typ: 'JWT' } },
    { what: 'the typ of another class', header: { typ: 'at+jwt' } },
    { what: 'an extension that must be known', header: { crit: ['b64'], b64: false } },
    { what: 'a key of its own', header: { jwk: { kty: 'oct', k: 'AA' } } },
  ])('with $what in its header is refused', ({ header }) => {
    refused(signed({}, header));
  });

  it.each(['', 'a', 'a.b.c', `${signed()}.x`, ` ${signed()}`, `${signed()}=`])(
    'is not %j',
    (raw) => {
      refused(raw);
    },
  );

  it('is refused when nobody who is known signed it', () => {
    refused(signed({}, { typ: 'JWT' }, 'another secret'));
  });

  it('may be signed with the previous secret until its time is over', () => {
    const raw = signed({}, { typ: 'JWT' }, previous);
    expect(verify(raw).userId).toBe('ann');
    clock.seconds = now + 60;
    refused(raw);
  });

  it('names the user in the claim that the profile says', () => {
    const raw = signed({ sub: undefined, accountId: 'ben' });
    expect(verify(raw, { idClaim: 'accountId' }).userId).toBe('ben');
    refused(raw);
  });

  it('may not have milliseconds where the profile wants seconds', () => {
    const timestampUnit = 'seconds';
    refused(signed({ exp: (now + day) * 1_000 }), { timestampUnit });
    refused(signed({ iat: now * 1_000 }), { timestampUnit });
    expect(verify(signed(), { timestampUnit }).userId).toBe('ann');
  });

  it('with milliseconds is counted, and spoken of once a minute', () => {
    const old = signed({ exp: (now + day) * 1_000 });
    for (let n = 0; n < 3; n++) verify(old);
    verify(signed());
    expect(warnings).toEqual([expect.stringContaining('API space space had 1 token(s)')]);
    clock.seconds += 60;
    verify(old);
    expect(warnings[1]).toContain('had 3 token(s)');
  });
});
