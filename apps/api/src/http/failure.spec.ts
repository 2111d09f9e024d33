import {
  InvalidTokenError,
  LoginFailedError,
  RateLimitsUnavailableError,
  UnauthenticatedError,
} from '@app/auth';
import { ForbiddenError, RateLimitedError } from '@app/core';
import {
  BadGatewayException,
  Logger,
  NotFoundException,
  PayloadTooLargeException,
} from '@nestjs/common';
import { InvalidInputError } from './invalid-input.error';
import { failureOf, headersOf } from './failure';

describe('the headers of a refusal', () => {
  it.each([
    {
      what: 'tell who came without a token the scheme and no more',
      error: new UnauthenticatedError(),
      headers: { 'www-authenticate': 'Bearer' },
    },
    {
      what: 'tell that a token is not valid, and not why',
      error: new InvalidTokenError('It has ended'),
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    },
    {
      what: 'name the scope that is missing',
      error: new ForbiddenError('messages:send'),
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="messages:send"' },
    },
    {
      what: 'say when it may be tried again',
      error: new RateLimitedError(30),
      headers: { 'retry-after': '30' },
    },
    {
      what: 'say so too when something is away',
      error: new RateLimitsUnavailableError(new Error('ECONNREFUSED')),
      headers: { 'retry-after': '5' },
    },
    {
      what: 'take a wrong password for no token',
      error: new LoginFailedError('wrong password'),
      headers: { 'www-authenticate': 'Bearer' },
    },
    {
      what: 'are none for bad input',
      error: new InvalidInputError('first', 'is wrong'),
      headers: {},
    },
  ])('$what', ({ error, headers }) => {
    expect(headersOf(failureOf(error, 'test'))).toEqual(headers);
  });
});

describe('a failure', () => {
  const lines: unknown[][] = [];
  beforeEach(() => {
    lines.length = 0;
    const at =
      (level: string) =>
      (...line: unknown[]) =>
        lines.push([level, ...line]);
    Logger.overrideLogger({ log: at('log'), warn: at('warn'), error: at('error') });
  });
  afterEach(() => {
    Logger.overrideLogger(true);
  });

  it('of a refusal says what the caller may know, and the log why', () => {
    expect(failureOf(new InvalidTokenError('It has ended'), 'Edge')).toMatchObject({
      kind: 'unauthenticated',
      status: 401,
      code: 'INVALID_TOKEN',
      message: 'The token is not valid',
    });
    expect(lines).toEqual([
      ['log', 'INVALID_TOKEN: The token is not valid (It has ended)', 'Edge'],
    ]);
  });

  it('is a refusal where the database is away', () => {
    const away = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), {
      code: 'ECONNREFUSED',
    });
    const failure = failureOf(away, 'Edge');
    expect(failure).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE', retryAfter: 5 });
    expect(JSON.stringify([failure, lines])).not.toContain('10.0.0.1');
  });

  it('is a refusal where a statement took too long', () => {
    const ended = Object.assign(new Error('canceling statement due to statement timeout'), {
      code: '57014',
    });
    expect(failureOf(ended, 'Edge')).toMatchObject({ status: 503, code: 'STATEMENT_TIMEOUT' });
  });

  it('of what Fastify or Nest does not take is no news, and repeats no URL', () => {
    expect(failureOf(new PayloadTooLargeException('Too large'), 'Edge')).toEqual({
      kind: 'malformed',
      status: 413,
      message: 'Too large',
    });
    expect(failureOf(new NotFoundException('Cannot GET /x?token=secret'), 'Edge')).toEqual({
      kind: 'malformed',
      status: 404,
      message: 'There is no such route',
    });
    expect(lines).toEqual([]);
  });

  it.each([new Error('password=hunter2'), new BadGatewayException('hunter2'), 'hunter2'])(
    'of ours is a reference, under which the log has the rest',
    (error) => {
      const failure = failureOf(error, 'Edge');
      expect(failure).toEqual({
        kind: 'internal',
        status: 500,
        message: expect.stringMatching(/^Internal error, reference [0-9a-f-]{36}$/) as string,
      });
      expect(lines).toEqual([
        ['error', failure.message, expect.stringContaining('hunter2'), 'Edge'],
      ]);
    },
  );
});
