import { randomBytes, randomUUID } from 'node:crypto';
import type { ApiSpace } from '@app/applications';
import { Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { PushChallenge } from './push-challenge.entity';

/** A challenge as whoever asked for it sees it. */
export type OpenChallenge = Pick<PushChallenge, 'id' | 'nonce' | 'expiresAt'>;

const lifeSeconds = 300;

/**
 * Issues nonces that are answered once, within five minutes. The limit `challenge-space` bounds how many may be asked
 * for, and so how many are open at once.
 */
@Injectable()
export class PushChallenges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** Issues a challenge, and clears away some that have expired. */
  async issue({ applicationId }: ApiSpace): Promise<OpenChallenge> {
    const now = this.clock.now();
    const challenge = {
      id: randomUUID(),
      nonce: randomBytes(32).toString('base64url'),
      expiresAt: new Date(now.getTime() + lifeSeconds * 1_000),
    };
    await this.dataSource.query(
      `WITH stale AS (
         DELETE FROM push_challenges WHERE id IN (
           SELECT id FROM push_challenges WHERE expires_at <= $5 ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED)
       )
       INSERT INTO push_challenges (id, application_id, nonce, expires_at)
       VALUES ($1, $2, $3, $4)`,
      [challenge.id, applicationId, challenge.nonce, challenge.expiresAt, now],
    );
    return challenge;
  }

  /**
   * Takes a challenge away, whatever becomes of the answer: of many answers at once one is heard, and a guess costs the
   * challenge.
   * @returns its nonce; undefined when the challenge is unknown or has expired
   */
  async consume({ applicationId }: ApiSpace, id: string): Promise<string | undefined> {
    const [rows] = await this.dataSource.query<[{ nonce: string; expiresAt: Date }[], number]>(
      `DELETE FROM push_challenges WHERE id = $1 AND application_id = $2
       RETURNING nonce, expires_at AS "expiresAt"`,
      [id, applicationId],
    );
    const [found] = rows;
    return found !== undefined && found.expiresAt > this.clock.now() ? found.nonce : undefined;
  }
}
