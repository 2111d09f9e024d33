/** `precondition`: the thing is no longer as the caller has seen it. `unprocessable`: the request can't be meant, ever. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'precondition'
  | 'unprocessable'
  | 'rate_limited'
  | 'unavailable';

/**
 * A refusal that the caller may read. `message` is public; private facts go in `cause`.
 * Each edge maps `kind` to its own status and shows `code`, so libs never speak HTTP.
 */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;
  /** The error's public name: stable, in SCREAMING_SNAKE. */
  abstract readonly code: string;
  /** The wrong input as the caller named it, e.g. `content.badge`. */
  readonly field?: string;

  constructor(message: string, options?: ErrorOptions & { field?: string }) {
    super(message, options);
    this.name = new.target.name;
    if (options?.field !== undefined) this.field = options.field;
  }

  /** Adds the place of the item in a list that is wrong. @returns itself, for `throw` */
  ofItem(place: number): this {
    const field = this.field === undefined ? String(place) : `${place}.${this.field}`;
    return Object.assign(this, { field });
  }
}

/** Too many attempts; it may be tried again after `retryAfterSeconds`, which edges say as Retry-After. */
export class RateLimitedError extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'RATE_LIMITED';

  constructor(readonly retryAfterSeconds: number) {
    super(`Too many attempts; try again in ${retryAfterSeconds} s`);
  }
}
