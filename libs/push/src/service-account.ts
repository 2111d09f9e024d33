import { DomainError } from '@app/core';
import { createPrivateKey } from 'node:crypto';
import { isObject } from './json';

export class InvalidServiceAccountError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_SERVICE_ACCOUNT';

  constructor(what: string, field?: string, cause?: unknown) {
    super(`${what}. FCM wants the JSON key file of a Google service account.`, {
      ...(field !== undefined && { field }),
      cause,
    });
  }
}

/** The members of Google's key file that we need. */
export interface GoogleServiceAccount {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
}

/** @throws InvalidServiceAccountError which names the member that is missing or wrong. */
export function assertServiceAccount(json: unknown): asserts json is GoogleServiceAccount {
  if (!isObject(json)) throw new InvalidServiceAccountError('The service account is not an object');
  if (json.type !== undefined && json.type !== 'service_account') {
    throw new InvalidServiceAccountError('type is not "service_account"', 'type');
  }
  for (const field of ['project_id', 'client_email', 'private_key']) {
    if (typeof json[field] === 'string' && json[field] !== '') continue;
    throw new InvalidServiceAccountError(`${field} is missing`, field);
  }
  let type: string | undefined;
  try {
    type = createPrivateKey(String(json.private_key)).asymmetricKeyType;
  } catch (cause) {
    throw new InvalidServiceAccountError('private_key cannot be parsed', 'private_key', cause);
  }
  if (type !== 'rsa') {
    throw new InvalidServiceAccountError(`private_key is not an RSA key`, 'private_key');
  }
}
