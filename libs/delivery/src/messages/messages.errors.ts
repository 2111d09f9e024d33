import { DomainError } from '@app/core';
import type { MessageState } from './message.entity';

export class MessageNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'MESSAGE_NOT_FOUND';

  constructor(id: string) {
    super(`There is no message ${id}`);
  }
}

export class WrongStateError extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'WRONG_STATE';

  constructor(verb: string, state: MessageState) {
    super(`Can't ${verb} what is ${state}`);
  }
}
