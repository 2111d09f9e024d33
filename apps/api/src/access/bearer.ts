import { InvalidTokenError } from '@app/auth';

/** The parts of a request that authentication reads. */
export interface BearerRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string;
}

/** The form of RFC 6750 §2.1, anchored, with a JWT's letters: passport-jwt's own extractor takes whatever follows. */
const form = /^Bearer +([A-Za-z0-9._-]{1,8192})$/i;

/** @returns undefined when there is no Authorization header. @throws InvalidTokenError when the header holds something else */
export function bearerOf({ headers }: BearerRequest): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const [, token] = form.exec(String(authorization)) ?? [];
  if (token === undefined)
    throw new InvalidTokenError('The Authorization header holds no bearer token');
  return token;
}
