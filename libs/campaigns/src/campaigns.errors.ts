import { DomainError } from '@app/core';

export class CampaignNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'CAMPAIGN_NOT_FOUND';

  constructor(id: number) {
    super(`There is no campaign ${id}`);
  }
}

export class NotificationNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOTIFICATION_NOT_FOUND';

  constructor(id: string) {
    super(`There is no notification ${id}`);
  }
}

export class InvalidAddresseeError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_ADDRESSEE';

  constructor() {
    super('A notification wants either userId or email', { field: 'userId' });
  }
}

/** Several users have the e-mail. Any of them may have written it to his profile himself, and notifications hold secrets. */
export class AmbiguousEmailError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'AMBIGUOUS_EMAIL';

  constructor() {
    super('Several users have this e-mail: address the one who is meant by userId', {
      field: 'email',
    });
  }
}

export class InvalidBatchError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_BATCH';

  constructor(largest: number) {
    super(`One call sends 1 to ${largest} notifications`, { field: 'inputs' });
  }
}

export class InvalidCampaignError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_CAMPAIGN';

  constructor(field: string, wants: string) {
    super(`${field} ${wants}`, { field });
  }
}
