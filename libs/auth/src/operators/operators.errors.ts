import { DomainError } from '@app/core';

export class OperatorNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'OPERATOR_NOT_FOUND';

  constructor(id: string) {
    super(`There is no operator ${id}`);
  }
}

export class OperatorExistsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'OPERATOR_EXISTS';

  constructor() {
    super('There is an operator with this e-mail already', { field: 'email' });
  }
}

export class InvalidOperatorError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_OPERATOR';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

/** The change would leave no owner, and nobody could make one. */
export class LastOwnerError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'LAST_OWNER';

  constructor() {
    super('This is the last enabled OWNER; make another one first');
  }
}

/** The change is for somebody else to make, so that nobody locks himself out or raises himself. */
export class OwnAccountError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'OWN_ACCOUNT';

  constructor(what: string) {
    super(`Nobody may ${what}`);
  }
}

/** The caller is known but has no operator's session. */
export class OperatorOnlyError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'FORBIDDEN';

  constructor() {
    super('This is for operators who have logged in');
  }
}

/** One answer for every fault of a login; `reason` is for the log and the audit trail, never for the caller. */
export class LoginFailedError extends DomainError {
  readonly kind = 'unauthenticated';
  readonly code = 'LOGIN_FAILED';

  constructor(readonly reason: string) {
    super('The e-mail or the password is wrong');
  }
}
