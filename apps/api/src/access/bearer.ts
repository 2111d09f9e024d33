import { InvalidTokenError } from '@app/auth';

/** What authentication reads of a request. */
export interface BearerRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string;
}

/** RFC 6750 §2.1. Anchored, and the same letters that a JWT has: passport-jwt's own extractor takes whatever follows. */
const form = /^Bearer +([A-Za-z0-9._-]{1,8192})$/i;

/** @returns undefined when there is no Authorization header. @throws InvalidTokenError when there is another thing in it */
export function bearerOf({ headers }: BearerRequest): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const [, token] = form.exec(String(authorization)) ?? [];
  if (token === undefined)
    throw new InvalidTokenError('The Authorization header holds no bearer token');
  return token;
}
