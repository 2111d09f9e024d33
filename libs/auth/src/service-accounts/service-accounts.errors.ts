import { DomainError } from '@app/core';
import type { LoginMode } from './service-account.entity';

export class ServiceAccountNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'SERVICE_ACCOUNT_NOT_FOUND';

  constructor(id: string) {
    super(`There is no service account ${id}`);
  }
}

export class ServiceAccountExistsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'SERVICE_ACCOUNT_EXISTS';

  constructor(id: string) {
    super(`There is a service account or a client ${id} already`, { field: 'accountId' });
  }
}

/** The request for a token has a wrong form, whoever sent it. */
export class InvalidLoginError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  /** @param field empty for the whole body */
  constructor(field: string, wants: string) {
    super(`${field === '' ? 'The body' : field} ${wants}`, field === '' ? {} : { field });
  }
}

/** One answer for every fault of a login; `reason` is for log and audit trail alone. */
export class LoginRefusedError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'INVALID_CREDENTIALS';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super('The account or its credentials are not valid', options);
  }
}

/** What each mode takes instead of the public key alone. */
const sufficient: Readonly<Record<LoginMode, string>> = {
  assertion_only: 'send client_assertion here, or an assertion to /api/oauth/token',
  signed: 'sign the request in X-Signature, or send client_assertion',
  legacy_public_key: 'the time for which it was is over, and an operator has to say what follows',
};

/** The account and its key are right, but the key alone is not enough. A caller who does not know both is not told. */
export class SignatureRequiredError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'SIGNATURE_REQUIRED';
  readonly reason = 'It showed its public key alone, which is not enough';

  constructor(mode: LoginMode) {
    super(`A public key is no secret and not enough alone: ${sufficient[mode]}`);
  }
}

/** One answer for every fault of a refresh token; `reason` is for log and audit trail alone. */
export class InvalidRefreshTokenError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'INVALID_REFRESH_TOKEN';

  constructor(readonly reason: string) {
    super('The refresh token is not valid');
  }
}
