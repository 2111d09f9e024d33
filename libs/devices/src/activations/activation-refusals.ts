import type { DomainError } from '@app/core';
import { ActivationNotActiveError, MultipleActivationsError } from './activations.errors';

/** The refusals of `register_activations` by its SQLSTATEs. */
const refusals: Readonly<Record<string, () => DomainError>> = {
  CA001: () => new MultipleActivationsError(),
  CA002: () => new ActivationNotActiveError(),
};

/** Returns the refusal that a SQLSTATE stands for; undefined for any other. */
export const refusalOf = (state: string | undefined): DomainError | undefined =>
  refusals[state ?? '']?.();
