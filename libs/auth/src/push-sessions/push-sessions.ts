import { randomUUID } from 'node:crypto';
import {
  type ApiSpace,
  ApiSpaceNotFoundError,
  ApiSpaces,
  PushProfilesService,
} from '@app/applications';
import { Audit } from '@app/audit';
import { Actor, Clock, isUuid } from '@app/core';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager, IsNull } from 'typeorm';
import { type ChallengeAnswer, challengeSkewSeconds, ChallengeTokens } from './challenge-tokens';
import { type OpenChallenge, PushChallenges } from './push-challenges';
import { PushSession } from './push-session.entity';
import { isAlive, type PushCaller, PushSessionTokens } from './push-session-tokens';
import { InvalidChallengeTokenError, PushSessionNotFoundError } from './push-sessions.errors';
import { RateLimits } from '../limits/rate-limits';

/** What an SDK tells about itself. None of it is proven, and nothing depends on it. */
export type PushClient = Pick<
  PushSession,
  'clientDeviceId' | 'platform' | 'platformVersion' | 'sdkType' | 'sdkVersion'
>;

/** An answer to a challenge. */
export interface PushLogin {
  /** The challenge's id, a UUID. */
  readonly authenticationId: string;
  /** The challenge token, in which the customer names the user. */
  readonly authenticationToken: string;
  readonly client: PushClient;
}

export type OpenedPushSession = PushCaller & { readonly token: string };

/** How long sessions that are over are kept, so that an SDK that comes back finds its own again. */
const keptDays = 7;

/** Opens and ends Comapi's sessions: a challenge, an answer signed by the customer, then a token of ours. */
@Injectable()
export class PushSessions implements OnModuleInit {
  constructor(
    private readonly spaces: ApiSpaces,
    private readonly profiles: PushProfilesService,
    private readonly challenges: PushChallenges,
    private readonly challengeTokens: ChallengeTokens,
    private readonly tokens: PushSessionTokens,
    private readonly limits: RateLimits,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly audit: Audit,
  ) {}

  /** Ends the sessions of a removed profile, so that one made anew, e.g. because its secret leaked, has none of them. */
  onModuleInit(): void {
    this.profiles.onCreation(async (applicationId, manager) => {
      const alive = { applicationId, endedAt: IsNull() };
      await manager.update(PushSession, alive, { endedAt: this.clock.now() });
    });
  }

  /** @throws ApiSpaceNotFoundError, RateLimitedError */
  async start(apiSpaceId: string, address: string): Promise<OpenChallenge> {
    await this.limits.take('challenge', address);
    const space = await this.spaces.get(apiSpaceId);
    await this.limits.take('challenge-space', apiSpaceId);
    return this.challenges.issue(space);
  }

  /**
   * Only failures are counted, and only they have to wait: many phones share their carrier's address, and nobody guesses
   * a signature.
   * @throws ApiSpaceNotFoundError, InvalidChallengeTokenError, RateLimitedError
   */
  async open(apiSpaceId: string, login: PushLogin, address: string): Promise<OpenedPushSession> {
    const space = await this.space(apiSpaceId, address);
    try {
      const session = this.sessionFor(
        space,
        await this.answered(space, login),
        login.client,
        address,
      );
      const { userId: id, applicationId } = session;
      const actor = new Actor({ kind: 'profile', id, applicationIds: [applicationId], address });
      await this.dataSource.transaction(async (manager) => {
        await this.assertCurrent(space, manager);
        await manager.insert(PushSession, session);
        await this.audit.record(actor, auditOf('open', session), manager);
      });
      await this.clear();
      return { actor, session, token: await this.tokens.issue(apiSpaceId, session) };
    } catch (error) {
      if (!(error instanceof InvalidChallengeTokenError)) throw error;
      return this.refuse(space, address, error);
    }
  }

  /**
   * Finds the session that a URL names: the caller's, or one that was his. An SDK that found its session ended opens
   * another and repeats its call with the new token at the old URL.
   * @throws PushSessionNotFoundError
   */
  async named(id: string, { session }: PushCaller): Promise<PushSession> {
    if (id === session.id) return session;
    const { applicationId, userId, clientDeviceId } = session;
    const his = { applicationId, userId, clientDeviceId: clientDeviceId ?? IsNull() };
    const other = isUuid(id)
      ? await this.dataSource.manager.findOneBy(PushSession, { id, ...his })
      : null;
    if (other === null || isAlive(other, this.clock.now())) {
      throw new PushSessionNotFoundError();
    }
    return other;
  }

  /** Notes which device the session registered, or that it has none. */
  async setDevice({ id }: PushSession, deviceId: string | null): Promise<void> {
    await this.dataSource.manager.update(PushSession, { id }, { deviceId });
  }

  /** Ends a session and its tokens. */
  async end({ actor, session }: PushCaller): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const open = { id: session.id, endedAt: IsNull() };
      const { affected } = await manager.update(PushSession, open, { endedAt: this.clock.now() });
      if (affected === 0) return; // Another call ended it meanwhile.
      await this.audit.record(actor, auditOf('end', session), manager);
    });
  }

  /** Finds an API space. Requests for unknown ones are limited as challenges are. */
  private async space(apiSpaceId: string, address: string): Promise<ApiSpace> {
    try {
      return await this.spaces.get(apiSpaceId);
    } catch (error) {
      if (error instanceof ApiSpaceNotFoundError) await this.limits.take('challenge', address);
      throw error;
    }
  }

  private async answered(
    space: ApiSpace,
    { authenticationId, authenticationToken }: PushLogin,
  ): Promise<ChallengeAnswer> {
    const nonce = isUuid(authenticationId)
      ? await this.challenges.consume(space, authenticationId)
      : undefined;
    if (nonce === undefined) throw new InvalidChallengeTokenError('There is no such challenge');
    return this.challengeTokens.verify(space, authenticationToken, nonce);
  }

  /**
   * Refuses when another process has removed the profile, or given it another secret, since this one read it. Nobody
   * removes it before the transaction ends, so that the next one's creation finds the session.
   */
  private async assertCurrent(
    { applicationId, apiSpaceId, updatedAt }: ApiSpace,
    manager: EntityManager,
  ): Promise<void> {
    const present = await manager.query<unknown[]>(
      `SELECT FROM push_profiles
       WHERE application_id = $1 AND date_trunc('milliseconds', updated_at) = $2 FOR KEY SHARE`,
      [applicationId, updatedAt],
    );
    if (present.length > 0) return;
    this.spaces.forget(apiSpaceId);
    throw new InvalidChallengeTokenError('The push profile was changed meanwhile');
  }

  /** Records the refusal in the audit trail, unless too many have failed. */
  private refuse(
    { applicationId, apiSpaceId }: ApiSpace,
    address: string,
    refusal: InvalidChallengeTokenError,
  ): Promise<never> {
    return this.limits.guard('session', address, async () => {
      const attempt = { action: 'push_session.open', target: `api_space:${apiSpaceId}` };
      const nobody = new Actor({ kind: 'anonymous', id: '', address });
      await this.audit.recordFailure(nobody, { ...attempt, applicationId }, refusal.reason);
      throw refusal;
    });
  }

  private sessionFor(
    { applicationId, sessionSeconds }: ApiSpace,
    { userId, exp, verifiedEmail }: ChallengeAnswer,
    client: PushClient,
    address: string,
  ): PushSession {
    const createdAt = this.clock.now();
    const now = createdAt.getTime();
    // Who was let in by the skew alone gets a session as long as that: with none at all an SDK would try for ever.
    const answerEnds = Math.max(exp * 1_000, now + challengeSkewSeconds * 1_000);
    return Object.assign(new PushSession(), client, {
      id: randomUUID(),
      applicationId,
      userId,
      verifiedEmail: verifiedEmail ?? null,
      sourceIp: address,
      deviceId: null,
      createdAt,
      expiresAt: new Date(Math.min(now + sessionSeconds * 1_000, answerEnds)),
      endedAt: null,
    });
  }

  /** Clears away a few sessions that are long over; each session that opens does so. */
  private async clear(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM push_sessions WHERE id IN (
         SELECT id FROM push_sessions WHERE expires_at < $1::timestamptz - make_interval(days => $2)
         ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED)`,
      [this.clock.now(), keptDays],
    );
  }
}

const auditOf = (verb: 'open' | 'end', { id, applicationId }: PushSession) => ({
  action: `push_session.${verb}`,
  target: `push_session:${id}`,
  applicationId,
});
