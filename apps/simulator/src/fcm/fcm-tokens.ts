import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Clock } from '@app/core';
import { compactVerify, decodeJwt } from 'jose';
import { SimulatorInputError } from '../faults/simulator.errors';
import type { Answer } from '../wire/request';

/** A service account of a Firebase project, as the project would have it at Google. */
export interface FcmServiceAccount {
  readonly projectId: string;
  readonly clientEmail: string;
  /** The RSA key as SPKI in PEM. */
  readonly publicKeyPem: string;
}

export type AccessFault = 'missing' | 'unknown' | 'expired' | 'scope' | 'project';

const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const scopes = [
  'https://www.googleapis.com/auth/firebase.messaging',
  'https://www.googleapis.com/auth/cloud-platform',
];
/** Google's figure for a token of "one hour". */
const lifetimeSeconds = 3599;
const skewSeconds = 300;

interface AccessToken {
  readonly clientEmail: string;
  readonly expiresAtMs: number;
  readonly mayMessage: boolean;
}

/** Stands for Google's token endpoint, and knows what its tokens may do. */
export class FcmTokens {
  readonly #accounts = new Map<string, { projectId: string; publicKey: KeyObject }>();
  readonly #projects = new Set<string>();
  readonly #tokens = new Map<string, AccessToken>();

  constructor(
    private readonly clock: Clock,
    /** Whether any bearer token is taken that this endpoint did not issue, except for registered projects. */
    private readonly acceptForeignTokens: boolean,
  ) {}

  /** Lets only registered accounts send for the project from now on. @throws SimulatorInputError */
  register({ projectId, clientEmail, publicKeyPem }: FcmServiceAccount): void {
    this.#accounts.set(clientEmail, { projectId, publicKey: rsa(publicKeyPem) });
    this.#projects.add(projectId);
  }

  reset(): void {
    this.#accounts.clear();
    this.#projects.clear();
    this.#tokens.clear();
  }

  /** Answers the JWT-bearer grant of RFC 7523, with the refusals that Google gives. */
  async grant(form: string): Promise<Answer> {
    const parameters = new URLSearchParams(form);
    if (parameters.get('grant_type') !== grantType) {
      return refusal('unsupported_grant_type', `Invalid grant_type: use ${grantType}`);
    }
    const assertion = parameters.get('assertion') ?? '';
    let claims: ReturnType<typeof decodeJwt>;
    try {
      claims = decodeJwt(assertion);
    } catch {
      return refusal('invalid_grant', 'Bad Request: assertion is not a JWT');
    }
    const { iss, iat, exp, aud, scope } = claims;
    if (iss === undefined || aud === undefined || iat === undefined || exp === undefined) {
      return refusal('invalid_grant', 'Invalid JWT: iss, aud, iat and exp are required');
    }
    const nowSeconds = this.clock.now().getTime() / 1000;
    if (exp <= nowSeconds || iat > nowSeconds + skewSeconds || exp - iat > 3600) {
      const description =
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe';
      return refusal('invalid_grant', description);
    }
    const account = this.#accounts.get(iss);
    if (account && !(await isSigned(assertion, account.publicKey))) {
      return refusal('invalid_grant', 'Invalid JWT Signature.');
    }
    const granted = typeof scope === 'string' ? scope.split(' ') : [];
    const token = `ya29.simulated-${randomBytes(24).toString('base64url')}`;
    this.#tokens.set(token, {
      clientEmail: iss,
      expiresAtMs: (nowSeconds + lifetimeSeconds) * 1000,
      mayMessage: granted.some((name) => scopes.includes(name)),
    });
    return json(200, {
      access_token: token,
      expires_in: lifetimeSeconds,
      token_type: 'Bearer',
    });
  }

  /** @returns undefined when the bearer may send for the project. */
  fault(authorization: string | undefined, projectId: string): AccessFault | undefined {
    if (authorization === undefined) return 'missing';
    const bearer = /^bearer (\S+)$/i.exec(authorization)?.[1] ?? '';
    const token = this.#tokens.get(bearer);
    const registered = this.#projects.has(projectId);
    if (token === undefined) {
      return this.acceptForeignTokens && !registered && bearer !== '' ? undefined : 'unknown';
    }
    if (token.expiresAtMs <= this.clock.now().getTime()) return 'expired';
    if (!token.mayMessage) return 'scope';
    if (registered && this.#accounts.get(token.clientEmail)?.projectId !== projectId) {
      return 'project';
    }
    return undefined;
  }
}

async function isSigned(assertion: string, publicKey: KeyObject): Promise<boolean> {
  try {
    await compactVerify(assertion, publicKey, { algorithms: ['RS256'] });
    return true;
  } catch {
    return false;
  }
}

function rsa(pem: string): KeyObject {
  const refused = 'publicKeyPem must be a PEM public key of type RSA';
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new SimulatorInputError(refused);
  }
  if (key.asymmetricKeyType !== 'rsa') throw new SimulatorInputError(refused);
  return key;
}

function refusal(error: string, description: string): Answer {
  return json(400, { error, error_description: description });
}

function json(status: number, body: object): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
    counted: false,
  };
}
