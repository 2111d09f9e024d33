import { DomainError } from '@app/core';

export class InvalidDeviceError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_DEVICE';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

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
