import type { Actor, DomainError } from '@app/core';
import type { BearerRequest } from '../../access/bearer';
import type { Caller } from '../../access/authenticator';
import type { Loaders, RequestLoaders } from './loaders';

/** The request that carries an operation, and what it is answered with. */
export interface HttpExchange {
  readonly request: BearerRequest;
  readonly reply: { header(name: string, value: string): unknown };
}

/**
 * Holds what the fields of one operation share. Fields without arguments take it as graphql-js gives it, as the third:
 * Nest calls a method without parameter decorators directly, and a page has some thousand such fields. See
 * `assertParameters`.
 */
export class RequestContext implements Caller {
  readonly actor: Actor;
  readonly refusal?: DomainError;
  private made: RequestLoaders | undefined;

  constructor(
    caller: Caller,
    private readonly all: Loaders,
    /** Absent for what comes over a socket. */
    readonly http?: HttpExchange,
  ) {
    this.actor = caller.actor;
    if (caller.refusal !== undefined) this.refusal = caller.refusal;
  }

  /** Makes the loaders when a field first asks for one: most operations get along without. */
  get loaders(): RequestLoaders {
    return (this.made ??= this.all.create(this.actor));
  }
}
