import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock } from '@app/core';
import { compactVerify, decodeJwt, decodeProtectedHeader } from 'jose';
import { SimulatorInputError } from '../faults/simulator.errors';
import type { Provider } from '../wire/request';

/** An APNs authentication key, as its team would have it at Apple. */
export interface ApnsKey {
  readonly teamId: string;
  readonly keyId: string;
  /** The P-256 key as SPKI in PEM. */
  readonly publicKeyPem: string;
  /** The bundle ids that the key may push to; all when absent. */
  readonly topics?: readonly string[] | undefined;
}

export interface ProviderToken extends Provider {
  readonly issuedAtMs: number;
  /** Absent when the key may push to every topic. */
  readonly topics?: ReadonlySet<string>;
}

export type ProviderTokenFault =
  | 'MissingProviderToken'
  | 'InvalidProviderToken'
  | 'ExpiredProviderToken'
  | 'TooManyProviderTokenUpdates';

const lifetimeMs = 60 * 60 * 1000;
const updateWindowMs = 20 * 60 * 1000;
/** How many tokens are remembered with their verdict: a client that mints one per request must not fill the memory. */
const cacheSize = 10_000;

interface RegisteredKey {
  readonly publicKey: KeyObject;
  readonly topics?: ReadonlySet<string>;
}

/** Verifies provider JWTs (checklist 3 of the gateways' rules), each distinct one once. */
export class ProviderTokens {
  readonly #keysByTeam = new Map<string, Map<string, RegisteredKey>>();
  readonly #verdicts = new Map<string, ProviderToken | 'InvalidProviderToken'>();
  readonly #verifying = new Map<string, Promise<ProviderToken | 'InvalidProviderToken'>>();
  #admitted = new WeakSet<ProviderToken>();
  /** Tokens first accepted in the last 20 minutes, by team and key. */
  readonly #updates = new Map<string, { authorization: string; atMs: number }[]>();

  constructor(
    private readonly clock: Clock,
    private readonly updatesPer20Minutes: number,
  ) {}

  /** Wants the team's tokens to be signed with a registered key from now on. @throws SimulatorInputError */
  register(key: ApnsKey): void {
    const publicKey = p256(key.publicKeyPem);
    const keys = this.#keysByTeam.get(key.teamId) ?? new Map<string, RegisteredKey>();
    keys.set(key.keyId, {
      publicKey,
      ...(key.topics === undefined ? {} : { topics: new Set(key.topics) }),
    });
    this.#keysByTeam.set(key.teamId, keys);
    this.#verdicts.clear();
  }

  reset(): void {
    this.#keysByTeam.clear();
    this.#verdicts.clear();
    this.#updates.clear();
    this.#admitted = new WeakSet();
  }

  /** Checks a token; a promise only when it was never seen before. @param authorization the header as received */
  check(
    authorization: string | undefined,
  ): ProviderToken | ProviderTokenFault | Promise<ProviderToken | ProviderTokenFault> {
    if (authorization === undefined) return 'MissingProviderToken';
    const known = this.#verdicts.get(authorization);
    if (known !== undefined) return this.#admit(authorization, known);
    return this.#verifyOnce(authorization).then((verdict) => this.#admit(authorization, verdict));
  }

  #admit(
    authorization: string,
    verdict: ProviderToken | 'InvalidProviderToken',
  ): ProviderToken | ProviderTokenFault {
    if (typeof verdict === 'string') return verdict;
    const now = this.clock.now().getTime();
    if (now - verdict.issuedAtMs > lifetimeMs) return 'ExpiredProviderToken';
    if (this.#admitted.has(verdict)) return verdict;

    const name = `${verdict.teamId} ${verdict.keyId}`;
    const recent = (this.#updates.get(name) ?? []).filter(
      ({ atMs }) => now - atMs < updateWindowMs,
    );
    if (!recent.some((update) => update.authorization === authorization)) {
      if (recent.length >= this.updatesPer20Minutes) return 'TooManyProviderTokenUpdates';
      this.#updates.set(name, [...recent, { authorization, atMs: now }]);
    }
    this.#admitted.add(verdict);
    return verdict;
  }

  #verifyOnce(authorization: string): Promise<ProviderToken | 'InvalidProviderToken'> {
    const pending = this.#verifying.get(authorization);
    if (pending) return pending;
    const verification = this.#verify(authorization)
      .catch((): 'InvalidProviderToken' => 'InvalidProviderToken')
      .then((verdict) => {
        this.#verifying.delete(authorization);
        const oldest = this.#verdicts.keys().next();
        if (this.#verdicts.size >= cacheSize && !oldest.done) this.#verdicts.delete(oldest.value);
        this.#verdicts.set(authorization, verdict);
        return verdict;
      });
    this.#verifying.set(authorization, verification);
    return verification;
  }

  /** Verifies a token; whatever throws in here means that it is invalid. */
  async #verify(authorization: string): Promise<ProviderToken | 'InvalidProviderToken'> {
    const jwt = /^bearer (\S+)$/i.exec(authorization)?.[1];
    if (jwt === undefined) return 'InvalidProviderToken';
    const { alg, kid } = decodeProtectedHeader(jwt);
    const { iss, iat } = decodeJwt(jwt);
    if (alg !== 'ES256' || kid?.length !== 10 || iss?.length !== 10 || iat === undefined) {
      return 'InvalidProviderToken';
    }
    const token = { teamId: iss, keyId: kid, issuedAtMs: iat * 1000 };
    const keys = this.#keysByTeam.get(iss);
    if (keys === undefined) return token;
    const key = keys.get(kid);
    if (key === undefined) return 'InvalidProviderToken';
    await compactVerify(jwt, key.publicKey, { algorithms: ['ES256'] });
    return key.topics === undefined ? token : { ...token, topics: key.topics };
  }
}

function p256(pem: string): KeyObject {
  const refusal = 'publicKeyPem must be a PEM public key on the curve P-256';
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new SimulatorInputError(refusal);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new SimulatorInputError(refusal);
  return key;
}
