import { DomainError } from '@app/core';

/** Says that nobody can tell now whose an activation is, and whether it is active. */
export class ActivationSourceUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'ACTIVATION_SOURCE_UNAVAILABLE';

  constructor(cause: Error) {
    super('The status of the activation is unknown for now', { cause });
  }
}

export class ActivationNotActiveError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'ACTIVATION_NOT_ACTIVE';

  constructor() {
    super('The activation is not known, or it is removed');
  }
}

/** Says that a token which goes to one activation alone would be taken from several others. */
export class MultipleActivationsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'MULTIPLE_ACTIVATIONS';

  constructor() {
    super('Several other activations have this token');
  }
}

export class MultipleActivationsDisabledError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MULTIPLE_ACTIVATIONS_DISABLED';

  constructor() {
    super('Several activations of one device are not enabled');
  }
}

/** Says that some of the activations of one registration were refused; the others are registered. */
export class RegistrationIncompleteError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'REGISTRATION_INCOMPLETE';

  constructor(causes: readonly unknown[]) {
    super('Some of the activations are not registered', { cause: causes });
  }
}
