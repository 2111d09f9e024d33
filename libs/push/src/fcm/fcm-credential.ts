import type { CredentialProblem } from '../gateway/gateway-kind';
import { type JsonObject, parseObject } from '../gateway/json';
import { privateKeyIn, privateKeyText } from '../gateway/private-key';

export interface FcmCredential {
  readonly projectId: string;
  /** The text of Google's JSON key file. */
  readonly serviceAccount: string;
}

/** The members of Google's key file that we need. */
export interface GoogleServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
}

/** Finds everything that is wrong with a credential, field by field; never with key material in it. */
export function* fcmCredentialProblems(credential: FcmCredential): Generator<CredentialProblem> {
  if (!/^[a-z0-9][a-z0-9.:-]{0,127}$/i.test(credential.projectId)) {
    yield { field: 'projectId', wants: 'wants a Firebase project id' };
  }
  const account = keyFileIn(credential.serviceAccount);
  for (const wants of account === undefined
    ? ["wants the service account's JSON file"]
    : accountProblems(account)) {
    yield { field: 'serviceAccount', wants };
  }
}

function* accountProblems(account: JsonObject): Generator<string> {
  const { type, client_email: email, private_key: key } = account;
  if (type !== undefined && type !== 'service_account') yield 'is not of type service_account';
  if (typeof email !== 'string' || email === '') yield 'has no client_email';
  if (typeof key !== 'string' || key === '') yield 'has no private_key';
  else if (privateKeyIn(key)?.asymmetricKeyType !== 'rsa') {
    yield 'has a private_key that is no RSA key';
  }
}

/** Returns the service account's JSON as it is stored, with its key's PEM in a layout that Google's library reads. */
export function serviceAccountText(given: string): string {
  const json = withoutMark(given);
  const account = keyFileIn(json);
  if (typeof account?.private_key !== 'string') return json;
  const key = privateKeyText(account.private_key);
  return key === account.private_key ? json : JSON.stringify({ ...account, private_key: key });
}

const keyFileIn = (text: string) => parseObject(withoutMark(text));

/** Removes the mark with which editors on Windows begin a file. */
const withoutMark = (text: string) => text.replace(/^\ufeff/, '');
