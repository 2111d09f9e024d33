import { isPlainText } from '../proof/plain-text';
import { InvalidClientError } from '../machines/oauth-clients.errors';

/** The form of an account's id. PaymentsGate's own samples look like UUIDs and are none. */
export const accountIdForm = /^[0-9A-Za-z-]{1,64}$/;

/** @throws InvalidClientError */
export function checkAccountId(id: string): string {
  if (accountIdForm.test(id)) return id;
  throw new InvalidClientError('accountId', 'wants 1 to 64 letters, digits or dashes');
}

/** @throws InvalidClientError */
export function checkReason(reason: string | undefined): string {
  const trimmed = reason?.trim();
  if (isPlainText(trimmed, 500)) return trimmed;
  throw new InvalidClientError(
    'reason',
    'wants 1 to 500 characters that say why the public key alone is enough',
  );
}
