import { DomainError } from '@app/core';

/** Something given to the simulator, in code or over its control API, can't be used. */
export class SimulatorInputError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_INPUT';
}
