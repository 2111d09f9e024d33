import { PasswordChangeRequiredError, UnauthenticatedError } from '@app/auth';
import { type Actor, DomainError, ForbiddenError, permissions } from '@app/core';
import type { Access } from './allow';

/** The caller is known, but the thing is for others. */
class WrongCallerError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'FORBIDDEN';

  constructor() {
    super("This wants a user's own token, with the header Carillon-Application");
  }
}

/**
 * @throws UnauthenticatedError, PasswordChangeRequiredError, ForbiddenError, WrongCallerError unless one of them lets the
 * actor in
 */
export function demandAccess(actor: Actor, allowed: readonly Access[]): void {
  if (allowed.some((access) => opens(access, actor))) return;
  if (actor.mustChangePassword) throw new PasswordChangeRequiredError();
  if (actor.kind === 'anonymous') throw new UnauthenticatedError();
  const permission = permissions.find((known) => allowed.includes(known));
  throw permission === undefined ? new WrongCallerError() : new ForbiddenError(permission);
}

function opens(access: Access, actor: Actor): boolean {
  switch (access) {
    case 'anyone':
      return true;
    case 'authenticated':
      return actor.kind !== 'anonymous' && !actor.mustChangePassword;
    case 'newcomer':
      return actor.mustChangePassword;
    case 'me':
      return actor.kind === 'user';
    default:
      return actor.permissions.has(access);
  }
}
