import { randomBytes } from 'node:crypto';
import { Audit, differences } from '@app/audit';
import {
  type Actor,
  Clock,
  inTransaction,
  SealedSecrets,
  sqlStateOf,
  uniqueViolation,
} from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';
import { ApiSpaces, pushProfileSeal } from './api-spaces';
import { ApplicationStore } from './application-store';
import type { Application } from './application.entity';
import {
  checkKeptSeconds,
  checkPushProfile,
  checkSharedSecret,
  type PushProfileInput,
  secretWarning,
} from './push-profile-checks';
import { PushProfile } from './push-profile.entity';
import { ApiSpaceTakenError, PushProfileNotFoundError } from './push-profiles.errors';

/** A push profile without its secrets. */
export type PushProfileDescription = Omit<
  PushProfile,
  'sharedSecret' | 'previousSecret' | 'application'
>;

export interface ConfiguredPushProfile {
  readonly profile: PushProfileDescription;
  /** The secret that was made, in clear: only now can it be read. */
  readonly sharedSecret?: string;
  /** What is wrong with the secret that was imported. */
  readonly warning?: string;
}

export interface SecretRotation {
  /** The new secret; one is made when absent. */
  readonly sharedSecret?: string | undefined;
  /** How long the present secret stays good, for the apps that have it. */
  readonly keepPreviousSeconds: number;
}

/** Ends what a lib keeps of an application's push profile before this one, in the transaction that makes it. */
export type CreationStep = (applicationId: number, manager: EntityManager) => Promise<void>;

const noPrevious = { previousSecret: null, previousSecretUntil: null };
const defaults = {
  idClaim: 'sub',
  timestampUnit: 'auto',
  sessionSeconds: 86_400,
  linksEmail: false,
  ...noPrevious,
} as const;

/** Keeps the push profiles of applications, at most one each, and their shared secrets. Changes bite within 3 s. */
@Injectable()
export class PushProfilesService {
  private readonly manager: EntityManager;
  private readonly creationSteps: CreationStep[] = [];

  constructor(
    dataSource: DataSource,
    private readonly store: ApplicationStore,
    private readonly secrets: SealedSecrets,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly spaces: ApiSpaces,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  /**
   * Sets an application's push profile; the same again changes nothing.
   * @throws ForbiddenError without credentials:write, InvalidPushProfileError, ApplicationNotFoundError,
   * ApiSpaceTakenError
   */
  async configure(
    actor: Actor,
    applicationId: number,
    input: PushProfileInput,
  ): Promise<ConfiguredPushProfile> {
    actor.demand('credentials:write', applicationId);
    checkPushProfile(input);
    return this.manager.transaction(async (transaction) => {
      const present = await this.lock(transaction, applicationId);
      const { sharedSecret: imported, ...facts } = input;
      const made = present === null && imported === undefined ? makeSecret() : undefined;
      const secret = imported ?? made;
      const changes = {
        ...definedOf(facts),
        ...(secret !== undefined && !this.holds(present, secret)
          ? { ...noPrevious, sharedSecret: this.seal(secret, applicationId) }
          : {}),
      };
      const profile = await this.change(transaction, actor, applicationId, present, changes);
      const steps = present === null ? this.creationSteps : [];
      for (const step of steps) await step(applicationId, transaction);
      return configured(profile, made, imported);
    });
  }

  /**
   * Gives the profile another secret; the present one stays good for a while. The same again changes nothing.
   * @throws ForbiddenError without credentials:write, InvalidPushProfileError, PushProfileNotFoundError
   */
  async rotateSecret(
    actor: Actor,
    applicationId: number,
    { sharedSecret: imported, keepPreviousSeconds }: SecretRotation,
  ): Promise<ConfiguredPushProfile> {
    actor.demand('credentials:write', applicationId);
    checkKeptSeconds(keepPreviousSeconds);
    if (imported !== undefined) checkSharedSecret(imported);
    const secret = imported ?? makeSecret();
    const until = new Date(this.clock.now().getTime() + keepPreviousSeconds * 1_000);
    return this.manager.transaction(async (manager) => {
      const present = await this.lock(manager, applicationId);
      if (present === null) throw new PushProfileNotFoundError(applicationId);
      const isSame = imported !== undefined && this.holds(present, imported);
      if (isSame && present.previousSecret === null)
        return configured(present, undefined, imported);
      const kept = { previousSecret: present.sharedSecret, previousSecretUntil: until };
      const changes = {
        sharedSecret: this.seal(secret, applicationId),
        ...(keepPreviousSeconds > 0 ? kept : noPrevious),
      };
      const profile = await this.change(manager, actor, applicationId, present, changes);
      return configured(profile, imported === undefined ? secret : undefined, imported);
    });
  }

  /** Adds a step to every creation; modules whose things must not outlive the profile before do so at their start. */
  onCreation(step: CreationStep): void {
    this.creationSteps.push(step);
  }

  /**
   * Removes a push profile, and its sessions with it.
   * @throws ForbiddenError without credentials:write, PushProfileNotFoundError
   */
  async remove(actor: Actor, applicationId: number): Promise<Application> {
    actor.demand('credentials:write', applicationId);
    return this.manager.transaction(async (manager) => {
      const application = await this.store.lock(manager, applicationId);
      const present = await manager.findOneBy(PushProfile, { applicationId });
      if (present === null) throw new PushProfileNotFoundError(applicationId);
      await manager.delete(PushProfile, { applicationId });
      await this.record(manager, actor, 'remove', applicationId, { before: shown(present) });
      this.spaces.forget(present.apiSpaceId);
      return application;
    });
  }

  /** Lists the push profiles of these applications, as far as the actor reaches them. @throws ForbiddenError */
  async describe(
    actor: Actor,
    applicationIds: readonly number[],
  ): Promise<PushProfileDescription[]> {
    actor.demandSomewhere('applications:read');
    const ids = applicationIds.filter((id) => actor.may('applications:read', id));
    const where = { applicationId: In(ids) };
    return (await this.manager.findBy(PushProfile, where)).map(describe);
  }

  /**
   * Finds the application's profile, which nobody else changes until the transaction ends.
   * @throws ApplicationNotFoundError
   */
  private async lock(manager: EntityManager, applicationId: number): Promise<PushProfile | null> {
    // The application stands in for a profile that is not there yet.
    await this.store.lock(manager, applicationId);
    return manager.findOneBy(PushProfile, { applicationId });
  }

  private async change(
    manager: EntityManager,
    actor: Actor,
    applicationId: number,
    present: PushProfile | null,
    changes: Partial<PushProfile>,
  ): Promise<PushProfile> {
    const before: Partial<PushProfile> = present ?? defaults;
    const profile = Object.assign(new PushProfile(), before, changes, { applicationId });
    const names = Object.keys(changes) as (keyof PushProfile)[];
    const states = differences(before, profile, names);
    if (states === undefined) return profile;
    profile.updatedAt = this.clock.now();
    try {
      await manager.save(profile);
    } catch (error) {
      if (sqlStateOf(error) !== uniqueViolation) throw error;
      throw new ApiSpaceTakenError(profile.apiSpaceId);
    }
    const facts = { before: shown(states.before), after: shown(states.after) };
    await this.record(manager, actor, 'configure', applicationId, facts);
    for (const { apiSpaceId } of [present ?? profile, profile]) this.spaces.forget(apiSpaceId);
    return profile;
  }

  private async record(
    manager: EntityManager,
    actor: Actor,
    verb: 'configure' | 'remove',
    applicationId: number,
    facts: { readonly before?: object; readonly after?: object },
  ): Promise<void> {
    const action = `push_profile.${verb}`;
    const target = `push_profile:${applicationId}`;
    await this.audit.record(actor, { action, target, applicationId, ...facts }, manager);
  }

  private seal(secret: string, applicationId: number): string {
    return this.secrets.seal(secret, pushProfileSeal(applicationId));
  }

  private holds(profile: PushProfile | null, secret: string): boolean {
    if (profile === null) return false;
    const { applicationId, sharedSecret } = profile;
    return this.secrets.open(sharedSecret, pushProfileSeal(applicationId)) === secret;
  }
}

/** Makes a secret of 43 characters of base64url: 32 bytes of entropy in more than 32 bytes of text. */
const makeSecret = () => randomBytes(32).toString('base64url');

function configured(
  profile: PushProfile,
  made: string | undefined,
  imported: string | undefined,
): ConfiguredPushProfile {
  const warning = imported === undefined ? undefined : secretWarning(imported);
  return {
    profile: describe(profile),
    ...(made !== undefined && { sharedSecret: made }),
    ...(warning !== undefined && { warning }),
  };
}

function describe(profile: PushProfile): PushProfileDescription {
  const { applicationId, apiSpaceId, issuer, audience, previousSecretUntil } = profile;
  const { idClaim, timestampUnit, sessionSeconds, linksEmail, updatedAt } = profile;
  return {
    applicationId,
    apiSpaceId,
    issuer,
    audience,
    previousSecretUntil,
    idClaim,
    timestampUnit,
    sessionSeconds,
    linksEmail,
    updatedAt,
  };
}

/** Returns what the audit trail is told of a profile: of the secrets only that they are there. */
function shown(facts: Partial<PushProfile>): Record<string, unknown> {
  const secrets = ['sharedSecret', 'previousSecret'];
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) =>
      secrets.includes(name) ? [name, value ? '(sealed)' : null] : [name, value],
    ),
  );
}

const definedOf = (facts: object) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
