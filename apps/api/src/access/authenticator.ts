import { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';
import { AccessStrategy } from './access.strategy';
import type { BearerRequest } from './bearer';
import { runStrategy } from './run-strategy';
import { applicationHeader, UserStrategy } from './user.strategy';

/** Says who sent a request. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly access: AccessStrategy,
    private readonly user: UserStrategy,
  ) {}

  /**
   * By a user's token where the request names an application, else by an access token; anonymous where there is none.
   * @throws InvalidTokenError
   */
  async identify(request: BearerRequest): Promise<Actor> {
    const { headers, ip } = request;
    if (headers.authorization === undefined) {
      return new Actor({ kind: 'anonymous', id: '', address: ip });
    }
    return runStrategy(applicationHeader in headers ? this.user : this.access, request);
  }
}
