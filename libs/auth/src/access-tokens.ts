import type { KeyObject } from 'node:crypto';
import type { Actor, Permission } from '@app/core';
import { Injectable } from '@nestjs/common';

/** To whom, and what ends it before its time. */
export interface AccessGrant {
  readonly kind: 'client' | 'service_account' | 'operator';
  readonly id: string;
  readonly scopes: readonly Permission[];
  /** The public key that proved the caller: when it is disabled or removed, so is the token. */
  readonly keyId?: string;
  /** The operator's session: when it ends, so does the token. */
  readonly sessionId?: string;
  /** At most until then, e.g. the end of a certificate. */
  readonly notAfter?: Date | undefined;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** Our own access tokens: RFC 9068, RS256, 3600 s. */
@Injectable()
export class AccessTokens {
  issue(_grant: AccessGrant): Promise<IssuedToken> {
    throw new Error('Not yet');
  }

  /** The key for passport-jwt, after the form is checked. @throws InvalidTokenError */
  keyFor(_raw: string): Promise<KeyObject> {
    throw new Error('Not yet');
  }

  /** Who it is, after the signature is proven. @throws InvalidTokenError when the token, or what stands behind it, has ended */
  actorOf(
    _claims: Readonly<Record<string, unknown>>,
    _address: string | undefined,
  ): Promise<Actor> {
    throw new Error('Not yet');
  }
}
