import { randomUUID } from 'node:crypto';
import { ApplicationStore } from '@app/applications';
import { Audit, differences } from '@app/audit';
import { type Actor, Clock, type Permission } from '@app/core';
import { Injectable } from '@nestjs/common';
import { Any, DataSource, type EntityManager } from 'typeorm';
import { isOwn } from '../checks/own-devices';
import { checkUserId } from '../checks/user-id';
import {
  assertStorable,
  canonicalEmail,
  checkAttributes,
  mergePatch,
  type ProfileAttributes,
} from './profile-attributes';
import { Profile } from './profile.entity';
import { ProfileChangedError } from './profiles.errors';

/** The user and the application of a profile. */
export interface ProfileKey {
  readonly applicationId: number;
  readonly userId: string;
}

/** The users who have some e-mails, each once, and the e-mails that nobody has. */
export interface UsersByEmail {
  readonly userIds: readonly string[];
  readonly unknownEmails: readonly string[];
}

/** The version of a profile that nobody has written to yet. */
const unwritten = '00000000-0000-0000-0000-000000000000';

/** Keeps what applications know of their users. A user's own token reads and writes his own profile, and no other. */
@Injectable()
export class ProfilesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly applications: ApplicationStore,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** Returns a profile; empty for a user who has none. @throws ForbiddenError, InvalidDeviceError for an impossible user id */
  async get(actor: Actor, { applicationId, userId }: ProfileKey): Promise<Profile> {
    demandProfile(actor, 'devices:read', { applicationId, userId });
    checkUserId(userId);
    const key = { applicationId, userId };
    return (await this.dataSource.manager.findOneBy(Profile, key)) ?? this.empty(key);
  }

  /**
   * Returns the caller's own profile, by his own token. His first use of one makes it, and makes him known.
   * @throws ForbiddenError for those who came otherwise
   */
  async own(actor: Actor): Promise<Profile> {
    const key = ownKey(actor);
    demandProfile(actor, 'devices:read', key);
    const { manager } = this.dataSource;
    const present = await manager.findOneBy(Profile, key);
    return present ?? manager.transaction((transaction) => this.lock(key, transaction));
  }

  /** Lists the profiles of several users in the applications that the actor reaches, by application. @throws ForbiddenError */
  async ofUsers(actor: Actor, userIds: readonly string[]): Promise<Profile[]> {
    const reach = actor.reach('devices:read');
    return this.dataSource.manager.find(Profile, {
      where: {
        userId: Any([...userIds]),
        ...(reach !== undefined && { applicationId: Any([...reach]) }),
      },
      order: { applicationId: 'ASC' },
    });
  }

  /**
   * Replaces all attributes; the same again changes nothing, neither the version nor the audit trail.
   * @param versions where given, the profile must have one of these
   * @throws ForbiddenError, InvalidProfileError, ProfileChangedError, ApplicationNotFoundError
   */
  async put(
    actor: Actor,
    key: ProfileKey,
    attributes: unknown,
    versions?: readonly string[],
  ): Promise<Profile> {
    const replace = () => checkAttributes(attributes);
    return this.change(actor, key, replace, true, versions);
  }

  /** Merges attributes into the present ones; null removes one. RFC 7396. Works as `put` otherwise. */
  async patch(
    actor: Actor,
    key: ProfileKey,
    attributes: unknown,
    versions?: readonly string[],
  ): Promise<Profile> {
    assertStorable(attributes, 'profile', 1);
    const merge = (present: ProfileAttributes) => checkAttributes(mergePatch(present, attributes));
    const namesEmail = Object.hasOwn(Object(attributes) as object, 'email');
    return this.change(actor, key, merge, namesEmail, versions);
  }

  /** Merges attributes into the caller's own profile, as `patch` does. */
  async patchOwn(actor: Actor, attributes: unknown): Promise<Profile> {
    return this.patch(actor, ownKey(actor), attributes);
  }

  /**
   * Finds the users whose profile has one of these e-mails, in any spelling, oldest first.
   * @throws InvalidProfileError for a text that is no e-mail
   */
  async usersByEmail(applicationId: number, emails: readonly string[]): Promise<UsersByEmail> {
    const wanted = new Set(emails.map(canonicalEmail));
    const profiles = await this.dataSource.manager.find(Profile, {
      select: { userId: true, email: true },
      where: { applicationId, email: Any([...wanted]) },
      order: { createdAt: 'ASC', userId: 'ASC' },
    });
    const known = new Set(profiles.map(({ email }) => email));
    return {
      userIds: profiles.map(({ userId }) => userId),
      unknownEmails: [...wanted].filter((email) => !known.has(email)),
    };
  }

  private async change(
    actor: Actor,
    { applicationId, userId }: ProfileKey,
    attributesFrom: (present: ProfileAttributes) => ProfileAttributes,
    namesEmail: boolean,
    versions: readonly string[] | undefined,
  ): Promise<Profile> {
    const key = { applicationId, userId };
    demandProfile(actor, 'devices:write', key);
    checkUserId(userId);
    return this.dataSource.transaction(async (manager) => {
      const present = await this.lock(key, manager);
      if (versions?.includes(present.version) === false) throw new ProfileChangedError();
      const attributes = attributesFrom(present.attributes);
      const written = emailOf(attributes);
      const isLinked = namesEmail && (await this.mayLink(actor, applicationId, written, manager));
      const email = isLinked ? written : present.email;
      const after = { attributes, email };
      if (differences(present, after, ['attributes', 'email']) === undefined) return present;
      const changes = { ...after, version: randomUUID(), updatedAt: this.clock.now() };
      await manager.update(Profile, key, changes as object);
      const event = { action: 'profile.change', target: `profile:${userId}`, applicationId };
      // What a user keeps is his own. Only the e-mail decides who is reached.
      const link = differences(present, { email }, ['email']);
      await this.audit.record(actor, { ...event, ...link }, manager);
      return Object.assign(present, changes);
    });
  }

  /**
   * Tells whether the actor's word about the e-mail counts. A user's own counts where his token vouches for it, or the
   * application takes it.
   */
  private async mayLink(
    actor: Actor,
    applicationId: number,
    email: string | null,
    manager: EntityManager,
  ): Promise<boolean> {
    if (actor.may('devices:write', applicationId)) return true;
    if (email !== null && actor.verifiedEmail?.trim().toLowerCase() === email) return true;
    return this.applications.linksEmail(manager, applicationId);
  }

  /** Returns the profile, made where there is none, and keeps others from changing it until the transaction ends. */
  private async lock(key: ProfileKey, manager: EntityManager): Promise<Profile> {
    const { applicationId, userId } = key;
    await this.applications.assertExists(manager, applicationId);
    await manager.query('INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
    await manager.query(
      `INSERT INTO profiles (application_id, user_id, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      [applicationId, userId, unwritten],
    );
    return manager.findOneOrFail(Profile, {
      where: { applicationId, userId },
      lock: { mode: 'pessimistic_write' },
    });
  }

  private empty(key: ProfileKey): Profile {
    const now = this.clock.now();
    return Object.assign(new Profile(), {
      ...key,
      email: null,
      attributes: {},
      version: unwritten,
      createdAt: now,
      updatedAt: now,
    });
  }
}

const ownKey = ({ applicationIds: [applicationId = 0] = [], id }: Actor): ProfileKey => ({
  applicationId,
  userId: id,
});

const emailOf = ({ email }: ProfileAttributes) => (typeof email === 'string' ? email : null);

/** Demands that the profile is the actor's own, or that he may see or change those of others. @throws ForbiddenError */
function demandProfile(
  actor: Actor,
  permission: Permission,
  { applicationId, userId }: ProfileKey,
): void {
  if (!isOwn(actor, applicationId, userId)) actor.demand(permission, applicationId);
}
