import {
  InvalidTokenError,
  LoginFailedError,
  RateLimitsUnavailableError,
  UnauthenticatedError,
} from '@app/auth';
import { ForbiddenError, RateLimitedError } from '@app/core';
import { InvalidInputError } from './invalid-input.error';
import { refusalHeaders } from './refusal-headers';

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
      error: new ForbiddenError('messages:send', 7),
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
    expect(refusalHeaders(error)).toEqual(headers);
  });
});
