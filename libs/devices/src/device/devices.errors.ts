import type { CredentialFacts } from '@app/push';
import { DomainError } from '@app/core';

export class DeviceNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'DEVICE_NOT_FOUND';

  constructor(id: string) {
    super(`There is no device ${id}`);
  }
}

export class ActivationNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'ACTIVATION_NOT_FOUND';

  constructor(id: string) {
    super(`There is no activation ${id}, or it is removed`);
  }
}

export class ActivationOutOfReachError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'FORBIDDEN';

  constructor(id?: string) {
    super(
      `${id === undefined ? 'An activation' : `The activation ${id}`} is of an application that is not yours`,
    );
  }
}

/** The app that a credential is for, by its bundle id, and which of the two APNs services it uses. */
export type ApnsTopic = Pick<CredentialFacts<'apns'>, 'bundle' | 'environment'>;

/** The app is of another build than the application's credential for APNs: no push would ever reach it. */
export class UnreachableAppError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNREACHABLE_APP';

  constructor(app: ApnsTopic, credential: ApnsTopic) {
    super(
      `The app is ${inWords(app)}, but the application's credential for APNs is for ${inWords(credential)}`,
      { field: 'apns' },
    );
  }
}

const inWords = ({ bundle, environment }: ApnsTopic) => `${bundle} (${environment})`;

/** The texts below are PowerAuth Push Server's own, which its clients show. */

export class ActivationSourceUnavailableError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'ACTIVATION_SOURCE_UNAVAILABLE';

  constructor(cause: Error, message = 'Activation status is unknown') {
    super(message, { cause });
  }
}

export class ActivationNotActiveError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'ACTIVATION_NOT_ACTIVE';

  constructor() {
    super('Device registration failed because associated activation is not ACTIVE');
  }
}

export class MultipleActivationsError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'MULTIPLE_ACTIVATIONS';

  constructor() {
    super(
      'Multiple device registrations found for push token. Use the /push/device/create/multi endpoint for this scenario.',
    );
  }
}

export class MultipleActivationsDisabledError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MULTIPLE_ACTIVATIONS_DISABLED';

  constructor() {
    super('Registration of multiple associated activations per device is not enabled.');
  }
}

/** Some of the activations of one registration were refused; the others are registered. */
export class RegistrationIncompleteError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'REGISTRATION_INCOMPLETE';

  constructor(causes: readonly unknown[]) {
    super('Device registration failed', { cause: causes });
  }
}
