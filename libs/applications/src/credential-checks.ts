import { createPrivateKey, type KeyObject } from 'node:crypto';
import { pemText } from '@app/core';
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

/** Everything that is wrong with it, field by field; never with key material in it. */
export function* apnsCredentialProblems(
  input: ApnsCredentialInput,
): Generator<InvalidCredentialError> {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,154}$/.test(input.bundle)) {
    yield new InvalidCredentialError('bundle', 'wants a bundle id such as com.example.bank');
  }
  for (const field of ['keyId', 'teamId'] as const) {
    if (!/^[A-Za-z0-9]{1,64}$/.test(input[field])) {
      yield new InvalidCredentialError(
        field,
        "wants Apple's identifier of letters and digits, usually ten of them",
      );
    }
  }
  if (!apnsEnvironments.includes(input.environment)) {
    yield new InvalidCredentialError('environment', 'wants production or development');
  }
  const key = readPrivateKey(privateKeyText(input.privateKey));
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    yield new InvalidCredentialError(
      'privateKey',
      "wants Apple's .p8 file: an EC P-256 private key in PEM",
    );
  }
}

/** Everything that is wrong with it, field by field; never with key material in it. */
export function* fcmCredentialProblems(
  input: FcmCredentialInput,
): Generator<InvalidCredentialError> {
  if (!/^[a-z0-9][a-z0-9.:-]{0,127}$/i.test(input.projectId)) {
    yield new InvalidCredentialError('projectId', 'wants a Firebase project id');
  }
  const account = readObject(input.serviceAccount);
  if (account === undefined) {
    yield new InvalidCredentialError('serviceAccount', "wants the service account's JSON file");
    return;
  }
  if (account.type !== undefined && account.type !== 'service_account') {
    yield new InvalidCredentialError('serviceAccount', 'is not of type service_account');
  }
  if (typeof account.client_email !== 'string' || account.client_email === '') {
    yield new InvalidCredentialError('serviceAccount', 'has no client_email');
  }
  if (typeof account.private_key !== 'string' || account.private_key === '') {
    yield new InvalidCredentialError('serviceAccount', 'has no private_key');
  } else if (readPrivateKey(privateKeyText(account.private_key))?.asymmetricKeyType !== 'rsa') {
    yield new InvalidCredentialError('serviceAccount', 'has a private_key that is no RSA key');
  }
}

/** The key's PEM as it is stored: the gateways read no other layout. Of what is no key, any text. */
export function privateKeyText(given: string): string {
  return readPrivateKey(given) === undefined ? pemText(given, 'PRIVATE KEY') : given;
}

/** The service account's JSON as it is stored, with its key's PEM in a layout that Google's library reads. */
export function serviceAccountText(given: string): string {
  const json = given.replace(/^\ufeff/, '');
  const account = readObject(json);
  if (typeof account?.private_key !== 'string') return json;
  const key = privateKeyText(account.private_key);
  return key === account.private_key ? json : JSON.stringify({ ...account, private_key: key });
}

function readObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // Editors on Windows begin a file with a mark.
    const value: unknown = JSON.parse(json.replace(/^\ufeff/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
