import { InvalidRequestError } from '@app/auth';

/** The parameters of a request, each one text: RFC 6749 §3.2. They may come as JSON, which our legacy callers send. */
export type Form = Readonly<Partial<Record<string, string>>>;

/** @param body a form or JSON as it was parsed; undefined or null for an empty body. @throws InvalidRequestError */
export function formOf(body: unknown): Form {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new InvalidRequestError('The body wants to be a form');
  }
  // RFC 6749 §3.1: a parameter without a value is as good as none.
  const given = Object.entries(body).filter(([, value]) => value !== '');
  // What is there twice was parsed as a list. The value, which may be a credential, is not repeated.
  if (given.every((parameter): parameter is [string, string] => typeof parameter[1] === 'string')) {
    return Object.fromEntries(given);
  }
  throw new InvalidRequestError('A parameter is there more than once, or is not text');
}
