import { Audit } from '@app/audit';
import { Actor, Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccessTokens } from '../access/access-tokens';
import { InvalidTokenError } from '../proof/auth.errors';
import { KnownDevices } from './known-devices';
import { LoginLocks } from '../limits/login-locks';
import { emailOf } from './operator-email';
import type { OperatorSession } from './operator-session.entity';
import { OperatorSessions } from './operator-sessions';
import { Operator } from './operator.entity';
import { InvalidOperatorError, LoginFailedError, OperatorOnlyError } from './operators.errors';
import { assertPassword, hashPassword, isOutdatedHash, isPassword } from './passwords';
import { RateLimits } from '../limits/rate-limits';
import { rolePermissions } from '../access/role';

/** The answer to a login. */
export interface Login {
  readonly token: string;
  /** When the token ends; `renew` gives another one while the session lasts. */
  readonly expiresAt: Date;
  readonly operator: Operator;
  /** Whether the token only lets the operator change his password. */
  readonly passwordChangeRequired: boolean;
  /** The token by which the device is known at the next login, see `KnownDevices`; absent where nobody logged in anew. */
  readonly deviceToken?: string;
}

/** Logs operators in and out: e-mail and password give a session, and access tokens for as long as that lasts. */
@Injectable()
export class OperatorLogin {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly limits: RateLimits,
    private readonly locks: LoginLocks,
    private readonly devices: KnownDevices,
    private readonly sessions: OperatorSessions,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * @param actor anybody; only his address counts
   * @param deviceToken of an earlier login; one that is not good is as none
   * @throws LoginFailedError whatever was wrong, RateLimitedError after too many failures
   */
  async login(actor: Actor, email: string, password: string, deviceToken?: string): Promise<Login> {
    const address = actor.address ?? '';
    // What is no e-mail is nobody's, and fails as an unknown one does.
    const name = emailOf(email) ?? '';
    const deviceId = await this.devices.find(deviceToken, name);
    const attempt = () => this.attempt(actor, name, password, deviceId);
    // What fails elsewhere, be it behind the same address, keeps nobody out who sits where he always does.
    if (deviceId !== undefined) return this.limits.guard('login-device', deviceId, attempt);
    return this.limits.guard('login', `address|${address}`, async () => {
      // Else strangers, from many addresses, could keep an operator out of where he works.
      if (await this.sessions.hasBeenAt(name, address)) return attempt();
      return this.limits.guard('login-email', name, attempt);
    });
  }

  /** @throws OperatorOnlyError, InvalidTokenError when the session has ended */
  async renew(actor: Actor): Promise<Login> {
    const { sessionId, operator } = await this.self(actor);
    const session = await this.sessions.find(sessionId);
    if (session === undefined) throw new InvalidTokenError('The session has ended');
    return this.grant(operator, session);
  }

  /** Ends the session of the actor's token, and with it all its tokens. @throws OperatorOnlyError */
  async logout(actor: Actor): Promise<void> {
    const { sessionId, operator } = await this.self(actor);
    await this.dataSource.transaction(async (manager) => {
      if (!(await this.sessions.end(sessionId, manager))) return; // another call did meanwhile
      const target = `operator:${operator.id}`;
      await this.audit.record(actor, { action: 'operator.logout', target }, manager);
    });
  }

  /** Changes the password and ends all other sessions. @throws OperatorOnlyError, InvalidOperatorError, RateLimitedError */
  async changePassword(actor: Actor, current: string, next: string): Promise<Operator> {
    const { sessionId, operator } = await this.self(actor);
    assertPassword(next, operator.email, 'next');
    await this.limits.guard('login', `operator:${operator.id}`, async () => {
      if (await isPassword(operator.passwordHash, current)) return;
      throw new InvalidOperatorError('current', 'is not your password');
    });
    if (next.normalize('NFC') === current.normalize('NFC')) {
      throw new InvalidOperatorError('next', 'wants another one than the present');
    }
    const passwordHash = await hashPassword(next);
    await this.dataSource.transaction(async (manager) => {
      // Of two changes at once, both from the same password, one is too late.
      const proven = { id: operator.id, passwordHash: operator.passwordHash };
      const changes = {
        passwordHash,
        passwordIsTemporary: false,
        updatedAt: this.clock.now(),
      };
      const { affected } = await manager.update(Operator, proven, changes);
      if (affected !== 1) throw new InvalidOperatorError('current', 'is not your password');
      await this.sessions.endAll(operator.id, manager, sessionId);
      const target = `operator:${operator.id}`;
      await this.audit.record(actor, { action: 'operator.password', target }, manager);
    });
    return operator;
  }

  private async attempt(
    actor: Actor,
    email: string,
    password: string,
    deviceId: string | undefined,
  ): Promise<Login> {
    const { address } = actor;
    const place = deviceId === undefined ? (address ?? '') : `device:${deviceId}`;
    await this.locks.claim(email, place);
    const operator = await this.prove(actor, email, password);
    const session = await this.open(operator, password, address);
    await this.locks.clear(email, place);
    const deviceToken = this.devices.tokenFor(operator.id, deviceId);
    return { ...(await this.grant(operator, session)), deviceToken };
  }

  /** Checks the password, with the same work whether there is such an operator or not. @throws LoginFailedError */
  private async prove(actor: Actor, email: string, password: string): Promise<Operator> {
    const operator = await this.dataSource.manager.findOneBy(Operator, { email });
    const matches = await isPassword(operator?.passwordHash, password);
    if (operator !== null && matches && operator.enabled) return operator;
    const reason =
      operator === null ? 'unknown e-mail' : matches ? 'operator is disabled' : 'wrong password';
    // What was typed stays out of the trail: many a password was typed where the e-mail goes.
    const target = operator === null ? 'operator:unknown' : `operator:${operator.id}`;
    await this.audit.recordFailure(actor, { action: 'operator.login', target }, reason);
    throw new LoginFailedError(reason);
  }

  private async open(
    { id, passwordHash, email }: Operator,
    password: string,
    address: string | undefined,
  ): Promise<OperatorSession> {
    const rehashed = isOutdatedHash(passwordHash) && {
      passwordHash: await hashPassword(password),
    };
    return this.dataSource.transaction(async (manager) => {
      // Whoever changes or disables the operator meanwhile ends the sessions that there are, so it is asked again.
      const stands = { id, passwordHash, enabled: true };
      const lastLoginAt = this.clock.now();
      const { affected } = await manager.update(Operator, stands, { lastLoginAt, ...rehashed });
      if (affected !== 1) throw new LoginFailedError('changed during the login');
      const session = await this.sessions.open(id, address, manager);
      const actor = new Actor({ kind: 'operator', id, address });
      const after = { email, sessionId: session.id };
      const target = `operator:${id}`;
      await this.audit.record(actor, { action: 'operator.login', target, after }, manager);
      return session;
    });
  }

  private async grant(operator: Operator, session: OperatorSession): Promise<Login> {
    const { token, expiresInSeconds } = await this.tokens.issue({
      kind: 'operator',
      id: operator.id,
      scopes: rolePermissions[operator.role],
      sessionId: session.id,
      notAfter: session.expiresAt,
    });
    const expiresAt = new Date(this.clock.now().getTime() + expiresInSeconds * 1000);
    const passwordChangeRequired = operator.passwordIsTemporary;
    return { token, expiresAt, operator, passwordChangeRequired };
  }

  private async self({
    kind,
    id,
    sessionId,
  }: Actor): Promise<{ operator: Operator; sessionId: string }> {
    if (kind !== 'operator' || sessionId === undefined) throw new OperatorOnlyError();
    const operator = await this.dataSource.manager.findOneBy(Operator, { id, enabled: true });
    if (operator === null) throw new InvalidTokenError('The operator is gone or disabled');
    return { operator, sessionId };
  }
}
