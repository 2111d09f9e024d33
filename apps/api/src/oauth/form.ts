import { InvalidRequestError } from '@app/auth';

/** The parameters of a request, each once and each text: RFC 6749 §3.2. Of JSON as well, in which our legacy callers think. */
export type Form = Readonly<Partial<Record<string, string>>>;

/** @param body URLSearchParams of a form, an object of JSON, nothing of an empty body. @throws InvalidRequestError */
export function formOf(body: unknown): Form {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) {
    throw new InvalidRequestError('The body wants to be a form');
  }
  const entries: [string, unknown][] =
    body instanceof URLSearchParams ? [...body] : Object.entries(body);
  const form = new Map<string, string>();
  for (const [name, value] of entries) {
    // Never with the value, which may be a credential.
    if (form.has(name)) throw new InvalidRequestError('A parameter is there more than once');
    if (typeof value !== 'string') throw new InvalidRequestError('A parameter is not text');
    if (value !== '') form.set(name, value);
  }
  return Object.fromEntries(form);
}
