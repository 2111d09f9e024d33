import { Actor, DomainError } from '@app/core';
import { Injectable } from '@nestjs/common';
import { AccessStrategy } from './access.strategy';
import type { BearerRequest } from './bearer';
import { runStrategy } from './run-strategy';
import { applicationHeader, UserStrategy } from './user.strategy';

/** The caller, both for what is open to anyone and for what is not. */
export interface Caller {
  readonly actor: Actor;
  /** The reason why the token that came along was refused; then the actor is anonymous. */
  readonly refusal?: DomainError;
}

/** Says who sent a request. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly access: AccessStrategy,
    private readonly user: UserStrategy,
  ) {}

  /**
   * Identifies the caller by a user's token where the request names an application, else by an access token; anonymous
   * where there is none.
   * @throws InvalidTokenError
   */
  async identify(request: BearerRequest): Promise<Actor> {
    const { headers, ip } = request;
    if (headers.authorization === undefined) {
      return new Actor({ kind: 'anonymous', id: '', address: ip });
    }
    return applicationHeader in headers
      ? runStrategy(this.user, request)
      : this.access.identify(request);
  }

  /** Works as `identify`, but a refused token makes an anonymous caller: who logs in may still have his old one. */
  async callerOf(request: BearerRequest): Promise<Caller> {
    try {
      return { actor: await this.identify(request) };
    } catch (refusal) {
      if (!(refusal instanceof DomainError)) throw refusal;
      return { actor: new Actor({ kind: 'anonymous', id: '', address: request.ip }), refusal };
    }
  }
}
