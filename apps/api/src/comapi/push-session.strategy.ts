import { type PushCaller, PushSessionTokens } from '@app/auth';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Passport } from 'passport';
import { Strategy } from 'passport-jwt';
import type { BearerRequest } from '../access/bearer';
import { bearerOptions } from '../access/bearer-options';

/** A request to a route that names its API space. */
export interface ApiSpaceRequest extends BearerRequest {
  readonly params: { readonly apiSpaceId: string };
}

/** Accepts the tokens of push sessions, each in the API space of the URL. */
@Injectable()
export class PushSessionStrategy extends PassportStrategy(Strategy, 'push-session') {
  constructor(private readonly tokens: PushSessionTokens) {
    super(bearerOptions((raw, request) => tokens.keyFor(spaceOf(request), raw)));
  }

  validate(request: BearerRequest, claims: Record<string, unknown>): Promise<PushCaller> {
    return this.tokens.callerOf(spaceOf(request), claims, request.ip);
  }

  /** Returns a passport of this server's own, for several servers may run in one process. */
  getPassportInstance(): unknown {
    return new Passport();
  }
}

const spaceOf = (request: BearerRequest) => (request as ApiSpaceRequest).params.apiSpaceId;
