import type { CredentialProblem } from '../gateway/gateway-kind';
import { privateKeyIn } from '../gateway/private-key';

export const apnsEnvironments = ['production', 'development'] as const;
export type ApnsEnvironment = (typeof apnsEnvironments)[number];

export interface ApnsCredential {
  /** The app's bundle id, which is the topic. */
  readonly bundle: string;
  readonly keyId: string;
  readonly teamId: string;
  readonly environment: ApnsEnvironment;
  /** The key of Apple's .p8 file: EC P-256 in PKCS#8 PEM. */
  readonly privateKey: string;
}

/** Finds everything that is wrong with a credential, field by field; never with key material in it. */
export function* apnsCredentialProblems(credential: ApnsCredential): Generator<CredentialProblem> {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,154}$/.test(credential.bundle)) {
    yield { field: 'bundle', wants: 'wants a bundle id such as com.example.bank' };
  }
  for (const field of ['keyId', 'teamId'] as const) {
    if (/^[A-Za-z0-9]{1,64}$/.test(credential[field])) continue;
    yield { field, wants: "wants Apple's identifier of letters and digits, usually ten of them" };
  }
  if (!apnsEnvironments.includes(credential.environment)) {
    yield { field: 'environment', wants: 'wants production or development' };
  }
  const key = privateKeyIn(credential.privateKey);
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    yield {
      field: 'privateKey',
      wants: "wants Apple's .p8 file: an EC P-256 private key in PEM",
    };
  }
}
