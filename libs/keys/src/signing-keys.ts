import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { Audit } from '@app/audit';
import {
  Actor,
  Clock,
  compactJws,
  freshFor,
  holdLock,
  type SealedColumn,
  SealedSecrets,
} from '@app/core';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource, type EntityManager } from 'typeorm';
import { KeyNotFoundError } from './keys.errors';
import { problemsOf } from './read-public-key';
import { SigningKey } from './signing-key.entity';

/** A public key in the form of RFC 7517 §4. */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** How long keys are cached; a change by another process is seen after this time at the latest. */
const freshMs = 3_000;

/** A new key is published before it signs, so that nobody meets a token of a key that he can't find. */
const publishedBeforeSeconds = 10;

const dayMs = 24 * 3_600_000;
const rotatedAfterMs = 90 * dayMs;

/** How long a key verifies after its last signature: a push session's token lives 31 days; a day more for clocks and caches. */
const verifiesAfterMs = 32 * dayMs;

interface LoadedKey {
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly publicKey: KeyObject;
  readonly sealed: string;
  readonly signsFrom: Date;
  readonly verifiesUntil: Date | null;
}

/** Holds our own signing keys: RS256, sealed at rest, rotated on schedule and on command. */
@Injectable()
export class SigningKeys {
  private readonly loaded: LRUCache<'all', readonly LoadedKey[]>;
  private readonly opened = new LRUCache<string, KeyObject>({ max: 4 });

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {
    this.loaded = new LRUCache({
      max: 1,
      ...freshFor(clock, freshMs),
      fetchMethod: () => this.load(),
      ignoreFetchAbort: true,
    });
  }

  /** Signs claims. @returns a compact JWS with header {alg, typ, kid} */
  async sign(type: string, claims: object): Promise<string> {
    const { kid, sealed } = await this.signer();
    const key =
      this.opened.get(kid) ?? createPrivateKey(this.secrets.open(sealed, sealContext(kid)));
    this.opened.set(kid, key);
    return compactJws({ alg: 'RS256', typ: type, kid }, claims, key);
  }

  /** Finds a key that may verify now; cached. */
  async keyFor(kid: string): Promise<KeyObject | undefined> {
    return (await this.verifying()).find((key) => key.kid === kid)?.publicKey;
  }

  /** Lists the keys that verify now in the form of RFC 7517 §5. */
  async jwks(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    await this.signer(); // there is one from the first look on
    return { keys: (await this.verifying()).map(({ jwk }) => jwk) };
  }

  /** Makes the next key. @throws ForbiddenError without keys:write */
  async rotate(actor: Actor): Promise<PublicJwk> {
    actor.demand('keys:write');
    return this.dataSource.transaction((manager) => this.add(actor, manager));
  }

  /**
   * Ends a key that leaked, and with it all that it signed, in every process within 5 s, for good. If it was the
   * latest, a new one is made.
   * @throws ForbiddenError without keys:write, KeyNotFoundError
   */
  async revoke(actor: Actor, kid: string): Promise<PublicJwk> {
    actor.demand('keys:write');
    const revoked = await this.dataSource.transaction(async (manager) => {
      await holdLock('signing keys', manager);
      const key = await manager.findOneBy(SigningKey, { kid });
      if (key === null) throw new KeyNotFoundError(kid);
      await manager.delete(SigningKey, { kid });
      const event = { action: 'signing-key.revoke', target: `signing-key:${kid}` };
      await this.audit.record(actor, event, manager);
      if (key.verifiesUntil === null) await this.add(actor, manager);
      return key.publicJwk as PublicJwk;
    });
    this.loaded.clear();
    return revoked;
  }

  /** Rotates when the present key is old, removes keys that verify no more; called on a schedule. */
  async maintain(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await holdLock('signing keys', manager);
      const now = this.clock.now();
      const keys = await manager.find(SigningKey, { order: { signsFrom: 'DESC' } });
      const [newest] = keys;
      if (newest !== undefined && now.getTime() - newest.signsFrom.getTime() > rotatedAfterMs) {
        await this.add(Actor.system('key rotation'), manager);
      }
      for (const { kid, verifiesUntil } of keys) {
        if (verifiesUntil !== null && verifiesUntil <= now)
          await manager.delete(SigningKey, { kid });
      }
    });
    this.loaded.clear();
  }

  /** Returns the newest key whose time has come; the first is made on the first look, and signs at once. */
  private async signer(): Promise<LoadedKey> {
    const present = newestOf(await this.verifying(), this.clock.now());
    if (present !== undefined) return present;
    await this.dataSource.transaction(async (manager) => {
      await holdLock('signing keys', manager);
      // Of several processes that start together, one makes it.
      if (await manager.existsBy(SigningKey, {})) return;
      await this.add(Actor.system('first start'), manager);
    });
    this.loaded.clear();
    const made = newestOf(await this.verifying(), this.clock.now());
    if (made === undefined) throw new Error('The first signing key is gone');
    return made;
  }

  private async add(actor: Actor, manager: EntityManager): Promise<PublicJwk> {
    await holdLock('signing keys', manager);
    const now = this.clock.now();
    const [newest] = await manager.find(SigningKey, { order: { signsFrom: 'DESC' }, take: 1 });
    const signsFrom = newest === undefined ? now : nextStart(newest, now);
    const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', {
      modulusLength: 2048,
    });
    const jwk = jwkOf(publicKey);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await manager.query(
      'UPDATE signing_keys SET verifies_until = $1 WHERE verifies_until IS NULL',
      [new Date(signsFrom.getTime() + verifiesAfterMs)],
    );
    await manager.insert(SigningKey, {
      kid: jwk.kid,
      publicJwk: jwk,
      privateKey: this.secrets.seal(pem, sealContext(jwk.kid)),
      signsFrom,
    });
    await this.audit.record(
      actor,
      { action: 'signing-key.rotate', target: `signing-key:${jwk.kid}`, after: { signsFrom } },
      manager,
    );
    this.loaded.clear();
    return jwk;
  }

  private async verifying(): Promise<readonly LoadedKey[]> {
    const now = this.clock.now();
    const keys = (await this.loaded.fetch('all')) ?? [];
    return keys.filter(({ verifiesUntil }) => verifiesUntil === null || verifiesUntil > now);
  }

  private async load(): Promise<readonly LoadedKey[]> {
    const stored = await this.dataSource.manager.find(SigningKey, { order: { signsFrom: 'DESC' } });
    const loaded = stored.map(({ kid, publicJwk, privateKey, signsFrom, verifiesUntil }) => ({
      kid,
      jwk: publicJwk as PublicJwk,
      publicKey: createPublicKey({ key: { ...(publicJwk as PublicJwk) }, format: 'jwk' }),
      sealed: privateKey,
      signsFrom,
      verifiesUntil,
    }));
    // Which jsonwebtoken would take: what got into the table past us verifies nothing.
    return loaded.filter(
      ({ publicKey }) => [...problemsOf(publicKey, {}, this.clock.now())].length === 0,
    );
  }
}

const sealContext = (kid: string) => `signing-key:${kid}`;

/** Where our private keys are sealed. */
export const signingKeySeals: readonly SealedColumn[] = [
  {
    table: 'signing_keys',
    column: 'private_key',
    key: ['kid'],
    contextOf: ({ kid }) => sealContext(String(kid)),
    batch: 100,
    isPassing: false,
  },
];

/** Gives each key a start of its own, also when several are made at once. */
const nextStart = (newest: SigningKey, now: Date) =>
  new Date(Math.max(now.getTime() + publishedBeforeSeconds * 1000, newest.signsFrom.getTime() + 1));

/** Picks the signing key. The very first is good even where the clock is behind that of the process that made it. */
const newestOf = (keys: readonly LoadedKey[], now: Date) =>
  keys.find(({ signsFrom }) => signsFrom <= now) ?? keys.at(-1);

/** Builds a JWK whose kid is its thumbprint, RFC 7638. */
function jwkOf(key: KeyObject): PublicJwk {
  const { e = '', n = '' } = key.export({ format: 'jwk' });
  const thumbprint = createHash('sha256').update(JSON.stringify({ e, kty: 'RSA', n }));
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid: thumbprint.digest('base64url'), n, e };
}
