import { DomainError } from '@app/core';

export class InvalidPushProfileError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_PUSH_PROFILE';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}

export class ApiSpaceTakenError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'API_SPACE_TAKEN';

  constructor(apiSpaceId: string) {
    super(`The API space ${apiSpaceId} belongs to another application`, { field: 'apiSpaceId' });
  }
}

export class PushProfileNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'PUSH_PROFILE_NOT_FOUND';

  constructor(applicationId: number) {
    super(`Application ${applicationId} has no push profile`);
  }
}

export class ApiSpaceNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'API_SPACE_NOT_FOUND';

  constructor() {
    super('There is no such API space');
  }
}
