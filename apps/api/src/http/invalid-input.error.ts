import { DomainError } from '@app/core';
import type { ValidationError } from '@nestjs/common';

/** An argument is wrong, and no service has to see it to know that. */
export class InvalidInputError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'BAD_USER_INPUT';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

/** Makes an error of the first finding of class-validator. */
export function invalidInput(errors: readonly ValidationError[]): InvalidInputError {
  const path: string[] = [];
  let wants = 'is wrong';
  for (let error = errors[0]; error !== undefined; error = error.children?.[0]) {
    path.push(error.property);
    wants = Object.values(error.constraints ?? {})[0] ?? wants;
  }
  return new InvalidInputError(path.join('.'), wants);
}
