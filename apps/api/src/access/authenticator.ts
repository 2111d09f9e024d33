import { ApiKeyCallers, isLikeApiKey, UserTokens } from '@app/auth';
import { Actor, DomainError } from '@app/core';
import { Injectable } from '@nestjs/common';
import { AccessCallers } from './access-callers';
import { type BearerRequest, bearerOf } from './bearer';
import { TokenStrategy } from './token-strategy';
import { applicationHeader, userTokenKind } from './user-token-kind';

/** The caller, both for what is open to anyone and for what is not. */
export interface Caller {
  readonly actor: Actor;
  /** The reason why the token that came along was refused; then the actor is anonymous. */
  readonly refusal?: DomainError;
}

/** Says who sent a request. */
@Injectable()
export class Authenticator {
  private readonly users: TokenStrategy<Actor>;
  /** The callers that are known, by request: several ask for that of one. */
  private readonly callers = new WeakMap<BearerRequest, Promise<Caller>>();

  constructor(
    private readonly access: AccessCallers,
    private readonly apiKeys: ApiKeyCallers,
    userTokens: UserTokens,
  ) {
    this.users = new TokenStrategy(userTokenKind(userTokens));
  }

  /**
   * Identifies the caller by a user's token where the request names an application, else by an API key or an access
   * token; anonymous where there is none.
   * @throws InvalidTokenError
   */
  async identify(request: BearerRequest): Promise<Actor> {
    const { headers, ip } = request;
    if (headers.authorization === undefined) {
      return new Actor({ kind: 'anonymous', id: '', address: ip });
    }
    if (applicationHeader in headers) return this.users.identify(request);
    const token = bearerOf(request) ?? '';
    return isLikeApiKey(token) ? this.apiKeys.actorOf(token, ip) : this.access.identify(request);
  }

  /** Works as `identify`, but a refused token makes an anonymous caller: who logs in may still have his old one. */
  callerOf(request: BearerRequest): Promise<Caller> {
    const known = this.callers.get(request) ?? this.find(request);
    this.callers.set(request, known);
    return known;
  }

  private async find(request: BearerRequest): Promise<Caller> {
    try {
      return { actor: await this.identify(request) };
    } catch (refusal) {
      if (!(refusal instanceof DomainError)) throw refusal;
      return { actor: new Actor({ kind: 'anonymous', id: '', address: request.ip }), refusal };
    }
  }
}
