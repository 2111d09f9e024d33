import type { KeyObject } from 'node:crypto';
import type { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';

/** Tokens that a customer's back end signs for the users of an application (Xtremepush's loyalty widget). */
@Injectable()
export class UserTokens {
  /** The key for passport-jwt. @param applicationId from the request, never from the token @throws InvalidTokenError */
  keyFor(_applicationId: number, _raw: string): Promise<KeyObject> {
    throw new Error('Not yet');
  }

  /** The user, in this application only. @throws InvalidTokenError */
  actorOf(
    _applicationId: number,
    _claims: Readonly<Record<string, unknown>>,
    _address: string | undefined,
  ): Actor {
    throw new Error('Not yet');
  }
}
