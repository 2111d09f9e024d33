import { DomainError } from './errors';

/** Everything that may be granted, to a client as its scopes and to an operator through the role. */
export const permissions = [
  'applications:read',
  'applications:write',
  'credentials:write',
  'clients:read',
  'clients:write',
  'keys:read',
  'keys:write',
  'operators:write',
  'devices:read',
  'devices:write',
  'users:export',
  'users:erase',
  'messages:send',
  'campaigns:read',
  'campaigns:write',
  'campaigns:send',
  'audit:read',
] as const;
export type Permission = (typeof permissions)[number];

/**
 * `client` is an OAuth client, `api_key` a machine that shows one; `user` came with a signed user token, `profile` with a push session; `anonymous` has
 * shown nothing; `system` is Carillon itself, e.g. applying the provisioning file.
 */
export const actorKinds = [
  'operator',
  'client',
  'service_account',
  'api_key',
  'user',
  'profile',
  'anonymous',
  'system',
] as const;
export type ActorKind = (typeof actorKinds)[number];

export interface ActorFacts {
  readonly kind: ActorKind;
  /** The id of the operator, client, account or API key, or the userId; for `system` the task, for `anonymous` empty. */
  readonly id: string;
  readonly permissions?: Iterable<Permission>;
  /** The only applications that the actor may touch; all when absent. */
  readonly applicationIds?: readonly number[] | undefined;
  /** The address from which the request came. */
  readonly address?: string | undefined;
  /** The login that an operator's request belongs to. */
  readonly sessionId?: string | undefined;
  /** Whether others may know the password with which the operator logged in. */
  readonly mustChangePassword?: boolean;
  /** The user's e-mail, for which who signed his token vouches. */
  readonly verifiedEmail?: string | undefined;
}

/** The one who asks: the first argument of every service method that changes something or shows what not everybody may see. */
export class Actor {
  readonly kind: ActorKind;
  readonly id: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly applicationIds: readonly number[] | undefined;
  readonly address: string | undefined;
  readonly sessionId: string | undefined;
  readonly mustChangePassword: boolean;
  readonly verifiedEmail: string | undefined;

  constructor({
    kind,
    id,
    permissions: granted = [],
    applicationIds,
    address,
    sessionId,
    mustChangePassword = false,
    verifiedEmail,
  }: ActorFacts) {
    this.kind = kind;
    this.id = id;
    this.permissions = new Set(granted);
    this.applicationIds = applicationIds;
    this.address = address;
    this.sessionId = sessionId;
    this.mustChangePassword = mustChangePassword;
    this.verifiedEmail = verifiedEmail;
  }

  /** Makes an actor for Carillon itself, which may do everything. @param task names what it does in the audit trail */
  static system(task: string): Actor {
    return new Actor({ kind: 'system', id: task, permissions });
  }

  /**
   * Names the actor among all callers, e.g. `client:crm`: what he uses up is counted by it. The same user id is another
   * user in another application.
   */
  get caller(): string {
    return this.kind === 'user' || this.kind === 'profile'
      ? `${this.kind}:${String(this.applicationIds)}:${this.id}`
      : `${this.kind}:${this.id}`;
  }

  /**
   * Tells whether the actor has a permission.
   * @param applicationId the application that it concerns; without one it concerns the whole installation, which is not
   * for those who are limited to some applications
   */
  may(permission: Permission, applicationId?: number): boolean {
    return this.permissions.has(permission) && this.reaches(applicationId);
  }

  /**
   * Works as `may`. Who has the permission nowhere is told so whatever there is; to who has it elsewhere, an application
   * out of reach is as if it were not there.
   * @throws ForbiddenError, ApplicationNotFoundError
   */
  demand(permission: Permission, applicationId?: number): void {
    this.demandSomewhere(permission);
    if (this.reaches(applicationId)) return;
    throw applicationId === undefined
      ? new ForbiddenError(permission, 'in all applications')
      : new ApplicationNotFoundError(applicationId);
  }

  /** Demands a permission somewhere, for lists that leave out what the actor does not reach. @throws ForbiddenError */
  demandSomewhere(permission: Permission): void {
    if (!this.permissions.has(permission)) throw new ForbiddenError(permission);
  }

  /**
   * Returns the applications of a list: the one that is asked for, or all that the actor reaches.
   * @returns undefined for all that there are
   * @throws ForbiddenError, ApplicationNotFoundError
   */
  reach(permission: Permission, applicationId?: number): readonly number[] | undefined {
    if (applicationId === undefined) this.demandSomewhere(permission);
    else this.demand(permission, applicationId);
    return applicationId === undefined ? this.applicationIds : [applicationId];
  }

  /**
   * Returns the applications of a user who came with his own token, for lists of what is his.
   * @throws ForbiddenError for everybody else, who would need this permission
   */
  ownReach(permission: Permission): readonly number[] {
    if (this.kind !== 'user' || this.applicationIds === undefined) {
      throw new ForbiddenError(permission);
    }
    return this.applicationIds;
  }

  /** Tells whether the actor is limited to no applications, or to some that include this one. */
  reaches(applicationId: number | undefined): boolean {
    if (this.applicationIds === undefined) return true;
    return applicationId !== undefined && this.applicationIds.includes(applicationId);
  }
}

/** The caller is known but may not. The permission is public: it tells an integrator which scope to ask for. */
export class ForbiddenError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'FORBIDDEN';

  constructor(
    readonly permission: Permission,
    where?: 'in all applications',
  ) {
    super(`This needs the permission ${permission}${where === undefined ? '' : ` ${where}`}`);
  }
}

/** There is no such application, or none that the caller reaches: he does not learn which. */
export class ApplicationNotFoundError extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'APPLICATION_NOT_FOUND';

  constructor(id: number) {
    super(`There is no application ${id}`);
  }
}
