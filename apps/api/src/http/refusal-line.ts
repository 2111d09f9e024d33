import type { DomainError } from '@app/core';

/** Writes a refusal for the log, with the reason that its caller does not get. */
export function refusalLine(error: DomainError): string {
  const line = `${error.code}: ${error.message}`;
  return 'reason' in error ? `${line} (${String(error.reason)})` : line;
}
