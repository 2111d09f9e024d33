import { DomainError } from './errors';

/** What may be granted, to a client as its scopes and to an operator through the role. */
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
  'messages:send',
  'campaigns:read',
  'campaigns:write',
  'campaigns:send',
  'audit:read',
] as const;
export type Permission = (typeof permissions)[number];

/**
 * `client` is an OAuth client; `user` came with a signed user token, `profile` with a push session; `anonymous` has
 * shown nothing; `system` is Carillon itself, e.g. applying the provisioning file.
 */
export const actorKinds = [
  'operator',
  'client',
  'service_account',
  'user',
  'profile',
  'anonymous',
  'system',
] as const;
export type ActorKind = (typeof actorKinds)[number];

export interface ActorFacts {
  readonly kind: ActorKind;
  /** The operator's, client's or account's id, or the userId; of `system` the task, of `anonymous` empty. */
  readonly id: string;
  readonly permissions?: Iterable<Permission>;
  /** The only applications that it may touch; all when absent. */
  readonly applicationIds?: readonly number[] | undefined;
  /** Where the request came from. */
  readonly address?: string | undefined;
  /** Of an operator: the login that this request belongs to. */
  readonly sessionId?: string | undefined;
  /** Of an operator: others may know the password that the login was with. */
  readonly mustChangePassword?: boolean;
}

/** Who asks. The first argument of every service method that changes something or shows what not everybody may see. */
export class Actor {
  readonly kind: ActorKind;
  readonly id: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly applicationIds: readonly number[] | undefined;
  readonly address: string | undefined;
  readonly sessionId: string | undefined;
  readonly mustChangePassword: boolean;

  constructor({
    kind,
    id,
    permissions: granted = [],
    applicationIds,
    address,
    sessionId,
    mustChangePassword = false,
  }: ActorFacts) {
    this.kind = kind;
    this.id = id;
    this.permissions = new Set(granted);
    this.applicationIds = applicationIds;
    this.address = address;
    this.sessionId = sessionId;
    this.mustChangePassword = mustChangePassword;
  }

  /** Carillon itself, which may do everything. @param task names what it does in the audit trail */
  static system(task: string): Actor {
    return new Actor({ kind: 'system', id: task, permissions });
  }

  /**
   * @param applicationId the application that it is about. Without one it is about the whole installation, which is
   * not for those who are limited to some applications.
   */
  may(permission: Permission, applicationId?: number): boolean {
    return this.permissions.has(permission) && this.reaches(applicationId);
  }

  /** As `may`. @throws ForbiddenError */
  demand(permission: Permission, applicationId?: number): void {
    if (!this.may(permission, applicationId)) throw new ForbiddenError(permission, applicationId);
  }

  /** For lists that leave out what the actor does not reach. @throws ForbiddenError */
  demandSomewhere(permission: Permission): void {
    if (!this.permissions.has(permission)) throw new ForbiddenError(permission);
  }

  /**
   * The applications that a list is about: the one that is asked for, or all that the actor reaches.
   * @returns undefined when these are all that there are
   * @throws ForbiddenError
   */
  reach(permission: Permission, applicationId?: number): readonly number[] | undefined {
    if (applicationId === undefined) this.demandSomewhere(permission);
    else this.demand(permission, applicationId);
    return applicationId === undefined ? this.applicationIds : [applicationId];
  }

  /**
   * The applications of a user who came with his own token, for lists of what is his.
   * @throws ForbiddenError for everybody else, who would need this permission
   */
  ownReach(permission: Permission): readonly number[] {
    if (this.kind !== 'user' || this.applicationIds === undefined) {
      throw new ForbiddenError(permission);
    }
    return this.applicationIds;
  }

  /** Whether the actor is limited to no applications, or to some of which this is one. */
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
    applicationId?: number,
  ) {
    const where = applicationId === undefined ? '' : ` in application ${applicationId}`;
    super(`This needs the permission ${permission}${where}`);
  }
}
