import { DomainError } from '@app/core';
import type { KeyOwner } from '@app/keys';

const nouns: Readonly<Record<KeyOwner['kind'], string>> = {
  client: 'client',
  service_account: 'service account',
  application: 'application',
};

export class KeyOwnerNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'KEY_OWNER_NOT_FOUND';

  constructor({ kind, id }: KeyOwner) {
    super(`There is no ${nouns[kind]} ${id}`);
  }
}

/** The key is known to somebody else, so it must not log in by being shown. */
export class KeyNotDedicatedError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'KEY_NOT_DEDICATED';

  constructor(why: string) {
    super(`publicKey ${why}`, { field: 'publicKey' });
  }
}
