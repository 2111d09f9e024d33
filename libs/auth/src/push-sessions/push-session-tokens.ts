import { type KeyObject, randomUUID } from 'node:crypto';
import { ApiSpaces } from '@app/applications';
import { Actor, Clock, Config, isUuid } from '@app/core';
import { SigningKeys } from '@app/keys';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidTokenError } from '../proof/auth.errors';
import { PushSession } from './push-session.entity';
import type { TokenPolicy } from '../proof/token-policy';
import { TokenVerifier } from '../proof/token-verifier';

/** The user who calls, and his session. */
export interface PushCaller {
  readonly actor: Actor;
  readonly session: PushSession;
}

const audience = 'carillon:push-session';
const type = 'push-session+jwt';

/** Tolerance for our own clocks, on several machines. */
const skewSeconds = 5;

/**
 * Issues and verifies the tokens of push sessions: RS256, each for one session in one API space. Their payload is
 * printable ASCII without `>`, `?` and `~`, because Comapi's SDK for JavaScript decodes it as plain base64: so it never
 * names the user.
 */
@Injectable()
export class PushSessionTokens {
  private readonly policy: TokenPolicy;

  constructor(
    private readonly verifier: TokenVerifier,
    private readonly signingKeys: SigningKeys,
    private readonly spaces: ApiSpaces,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.policy = {
      tokenClass: 'push-session',
      algorithm: 'RS256',
      types: [type],
      skewSeconds,
      issuer: config.publicUrl,
      audience: { oneOf: [audience] },
      required: ['jti', 'sid', 'apiSpaceId'],
    };
  }

  issue(apiSpaceId: string, { id, createdAt, expiresAt }: PushSession): Promise<string> {
    return this.signingKeys.sign(type, {
      jti: randomUUID(),
      sid: id,
      apiSpaceId,
      iss: this.config.publicUrl,
      aud: audience,
      iat: secondsOf(createdAt),
      exp: secondsOf(expiresAt),
    });
  }

  /** Finds the key for passport-jwt, after checking the token's form. @throws ApiSpaceNotFoundError, InvalidTokenError */
  async keyFor(apiSpaceId: string, raw: string): Promise<KeyObject> {
    await this.spaces.get(apiSpaceId);
    const { kid } = this.verifier.read(raw, this.policy);
    const key = kid === undefined ? undefined : await this.signingKeys.keyFor(kid);
    if (key === undefined) throw new InvalidTokenError('No signing key of ours has this kid');
    return key;
  }

  /**
   * Returns the caller of a token whose signature is proven.
   * @throws ApiSpaceNotFoundError, InvalidTokenError also when the session has ended
   */
  async callerOf(
    apiSpaceId: string,
    claims: Readonly<Record<string, unknown>>,
    address: string | undefined,
  ): Promise<PushCaller> {
    const { applicationId } = await this.spaces.get(apiSpaceId);
    const accepted = this.verifier.accept(claims, this.policy);
    if (accepted.apiSpaceId !== apiSpaceId) {
      throw new InvalidTokenError('It is for another API space');
    }
    const { sid } = accepted;
    const session = isUuid(sid)
      ? await this.dataSource.manager.findOneBy(PushSession, { id: sid, applicationId })
      : null;
    if (session === null || !isAlive(session, this.clock.now())) {
      throw new InvalidTokenError('Its session has ended');
    }
    const actor = new Actor({
      kind: 'profile',
      id: session.userId,
      applicationIds: [applicationId],
      address,
      verifiedEmail: session.verifiedEmail ?? undefined,
    });
    return { actor, session };
  }
}

export const isAlive = ({ endedAt, expiresAt }: PushSession, now: Date) =>
  endedAt === null && expiresAt > now;

const secondsOf = (date: Date) => Math.floor(date.getTime() / 1_000);
