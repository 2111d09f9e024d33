import type { KeyObject } from 'node:crypto';
import type { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';

/** RFC 7517 §4 */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** Our own signing keys: RS256, sealed at rest, rotated on schedule and on command. */
@Injectable()
export class SigningKeys {
  /** A compact JWS with header {alg, typ, kid}. */
  sign(_type: string, _claims: object): Promise<string> {
    throw new Error('Not yet');
  }

  /** Of a key that may verify now; cached. */
  keyFor(_kid: string): Promise<KeyObject | undefined> {
    throw new Error('Not yet');
  }

  /** RFC 7517 §5 */
  jwks(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    throw new Error('Not yet');
  }

  /** Makes the next key. @throws ForbiddenError without keys:write */
  rotate(_actor: Actor): Promise<PublicJwk> {
    throw new Error('Not yet');
  }

  /** For a schedule: rotates when the present key is old, removes those that verify no more. */
  maintain(): Promise<void> {
    throw new Error('Not yet');
  }
}
