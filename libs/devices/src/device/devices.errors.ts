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
