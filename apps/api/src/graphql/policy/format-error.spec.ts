import { InvalidTokenError, LoginFailedError } from '@app/auth';
import { ApplicationNotFoundError, ForbiddenError, RateLimitedError } from '@app/core';
import { Logger } from '@nestjs/common';
import { GraphQLError } from 'graphql';
import { formatError } from './format-error';
import { InvalidInputError } from '../../http/invalid-input.error';

/** As graphql-js hands on what a resolver throws. */
const thrown = (originalError: Error) => new GraphQLError(originalError.message, { originalError });
const format = (error: GraphQLError) => formatError(error.toJSON(), error);

describe('an error on its way out', () => {
  const lines: unknown[][] = [];
  const infos: string[] = [];
  beforeEach(() => {
    lines.length = 0;
    infos.length = 0;
    Logger.overrideLogger({
      log: (line: string) => infos.push(line),
      warn: () => undefined,
      error: (...line: unknown[]) => lines.push(line),
    });
  });
  afterEach(() => {
    Logger.overrideLogger(true);
  });

  it('keeps the code, the sentence and the field of a refusal', () => {
    expect(format(thrown(new ApplicationNotFoundError(7)))).toEqual({
      message: 'There is no application 7',
      extensions: { code: 'APPLICATION_NOT_FOUND' },
    });
    expect(format(thrown(new InvalidInputError('first', 'wants a number')))).toEqual({
      message: 'first wants a number',
      extensions: { code: 'BAD_USER_INPUT', field: 'first' },
    });
    expect(lines).toEqual([]);
  });

  it('says when it may be tried again', () => {
    expect(format(thrown(new RateLimitedError(7))).extensions).toEqual({
      code: 'RATE_LIMITED',
      retryAfterSeconds: 7,
    });
  });

  it.each([
    {
      error: new InvalidTokenError('It has ended'),
      code: 'INVALID_TOKEN',
      line: 'INVALID_TOKEN: The token is not valid (It has ended)',
    },
    {
      error: new LoginFailedError('unknown e-mail'),
      code: 'LOGIN_FAILED',
      line: 'LOGIN_FAILED: The e-mail or the password is wrong (unknown e-mail)',
    },
    {
      error: new ForbiddenError('audit:read'),
      code: 'FORBIDDEN',
      line: 'FORBIDDEN: This needs the permission audit:read',
    },
  ])('keeps the reason of $code to the log', ({ error, code, line }) => {
    expect(format(thrown(error))).toEqual({ message: error.message, extensions: { code } });
    expect(infos).toEqual([line]);
  });

  it('is only a reference when nobody foresaw it, and the log has the rest under the same one', () => {
    const secret = new Error('password=hunter2');
    const { message, extensions } = format(thrown(secret));
    expect(message).toMatch(/^Internal error, reference [0-9a-f-]{36}$/);
    expect(extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' });
    expect(lines).toEqual([[message, secret.stack, 'GraphQL']]);
  });

  it('does not repeat the value that could not be read, which may be a key', () => {
    const why = new GraphQLError(
      'String cannot represent a non string value: { private_key: "SECRET" }',
    );
    const error = new GraphQLError(
      `Variable "$input" got invalid value { private_key: "SECRET" } at "input.serviceAccount"; ${why.message}`,
      { originalError: why, extensions: { code: 'BAD_USER_INPUT' } },
    );
    expect(format(error)).toEqual({
      message: 'input.serviceAccount: String cannot represent a non string value',
      extensions: { code: 'BAD_USER_INPUT', field: 'input.serviceAccount' },
    });
  });

  it('does not repeat a literal that could not be read either', () => {
    const error = new GraphQLError('Expected value of type "X!", found { key: "SECRET" }.', {
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
    expect(format(error).message).not.toContain('SECRET');
  });
});
