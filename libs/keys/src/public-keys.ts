import type { KeyObject } from 'node:crypto';
import type { Actor } from '@app/core';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { KeyOwner, PublicKey } from './public-key.entity';

export interface PublicKeyInput {
  /** A certificate (X.509), SPKI or PKCS#1, in PEM. */
  readonly publicKey: string;
  readonly kid?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** When it ends; of a certificate at most its own end. */
  readonly notAfter?: Date | undefined;
}

/** A key that may verify now: enabled and within its dates. */
export interface UsableKey {
  readonly id: string;
  readonly kid: string;
  readonly fingerprint: string;
  readonly algorithm: PublicKey['algorithm'];
  readonly key: KeyObject;
  readonly notAfter: Date | undefined;
}

/**
 * Stores public keys for their owners. Whether the actor may touch this owner's keys is the owner's service to say; the
 * audit trail is written here.
 */
@Injectable()
export class PublicKeys {
  /** @throws InvalidKeyError, KeyExistsError */
  add(
    _actor: Actor,
    _owner: KeyOwner,
    _input: PublicKeyInput,
    _manager?: EntityManager,
  ): Promise<PublicKey> {
    throw new Error('Not yet');
  }

  /** @throws KeyNotFoundError */
  get(_id: string): Promise<PublicKey> {
    throw new Error('Not yet');
  }

  /** @throws KeyNotFoundError */
  setEnabled(_actor: Actor, _id: string, _enabled: boolean): Promise<PublicKey> {
    throw new Error('Not yet');
  }

  /** @returns what was removed. @throws KeyNotFoundError */
  remove(_actor: Actor, _id: string): Promise<PublicKey> {
    throw new Error('Not yet');
  }

  /** When the owner goes. */
  removeOf(_owner: KeyOwner, _manager: EntityManager): Promise<void> {
    throw new Error('Not yet');
  }

  /** Of several owners of one kind, for lists; newest first. */
  list(_kind: KeyOwner['kind'], _ownerIds: readonly string[]): Promise<PublicKey[]> {
    throw new Error('Not yet');
  }

  /** Who else has this key. */
  ownersOf(_fingerprint: string): Promise<KeyOwner[]> {
    throw new Error('Not yet');
  }

  /** Newest first; what changed in any process is seen within 5 s. The hot path: no statement while it is fresh. */
  usable(_owner: KeyOwner): Promise<readonly UsableKey[]> {
    throw new Error('Not yet');
  }

  /** Notes that it was used, at most once a minute, without making the caller wait. */
  used(_id: string): void {
    throw new Error('Not yet');
  }
}
