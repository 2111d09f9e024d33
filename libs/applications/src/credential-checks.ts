import { createPrivateKey, type KeyObject } from 'node:crypto';
import { type ApnsEnvironment, apnsEnvironments } from './apns-credential.entity';
import { InvalidCredentialError } from './applications.errors';

export interface ApnsCredentialInput {
  readonly bundle: string;
  readonly keyId: string;
  readonly teamId: string;
  readonly environment: ApnsEnvironment;
  /** Apple's .p8 file: an EC P-256 private key in PKCS#8 PEM. */
  readonly privateKey: string;
}

export interface FcmCredentialInput {
  readonly projectId: string;
  /** The service account's JSON file. */
  readonly serviceAccount: string;
}

/** @throws InvalidCredentialError that names the field; never with key material in it. */
export function checkApnsCredential(input: ApnsCredentialInput): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,154}$/.test(input.bundle)) {
    throw new InvalidCredentialError('bundle', 'wants a bundle id such as com.example.bank');
  }
  for (const field of ['keyId', 'teamId'] as const) {
    if (!/^[A-Za-z0-9]{1,64}$/.test(input[field])) {
      throw new InvalidCredentialError(
        field,
        "wants Apple's identifier of letters and digits, usually ten of them",
      );
    }
  }
  if (!apnsEnvironments.includes(input.environment)) {
    throw new InvalidCredentialError('environment', 'wants production or development');
  }
  const key = readPrivateKey(input.privateKey);
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new InvalidCredentialError(
      'privateKey',
      "wants Apple's .p8 file: an EC P-256 private key in PEM",
    );
  }
}

/** @throws InvalidCredentialError that names the field; never with key material in it. */
export function checkFcmCredential(input: FcmCredentialInput): void {
  if (!/^[a-z0-9][a-z0-9.:-]{0,127}$/i.test(input.projectId)) {
    throw new InvalidCredentialError('projectId', 'wants a Firebase project id');
  }
  let account: {
    readonly type?: unknown;
    readonly private_key?: unknown;
    [field: string]: unknown;
  };
  try {
    account = JSON.parse(input.serviceAccount) as typeof account;
  } catch {
    throw new InvalidCredentialError('serviceAccount', "wants the service account's JSON file");
  }
  for (const field of ['client_email', 'private_key']) {
    if (typeof account[field] !== 'string' || account[field] === '') {
      throw new InvalidCredentialError('serviceAccount', `has no ${field}`);
    }
  }
  if (account.type !== undefined && account.type !== 'service_account') {
    throw new InvalidCredentialError('serviceAccount', 'is not of type service_account');
  }
  if (readPrivateKey(account.private_key as string)?.asymmetricKeyType !== 'rsa') {
    throw new InvalidCredentialError('serviceAccount', 'has a private_key that is no RSA key');
  }
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
