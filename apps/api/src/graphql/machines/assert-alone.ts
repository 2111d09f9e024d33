import { InvalidInputError } from '../../http/invalid-input.error';

/** In an input null means absent, so what lifts a limit is a switch of its own, beside which there is no limit. */
export function assertAlone(name: string, isLifted: boolean, limit: string, value: unknown): void {
  if (!isLifted || value === undefined) return;
  throw new InvalidInputError(`input.${name}`, `goes without ${limit}`);
}
