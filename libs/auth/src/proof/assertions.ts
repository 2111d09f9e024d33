import { Clock } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidTokenError } from './auth.errors';
import { isPlainText } from './plain-text';

/** Remembers names that may be used once: the jti of an assertion, the nonce of a signature. */
@Injectable()
export class Assertions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /**
   * @param issuer who made the name, with his kind, e.g. `client:crm`
   * @param until when the name can't be used anyhow, so that it may be forgotten
   * @returns false when it was used before. Of any number at once, one gets true.
   * @throws InvalidTokenError when issuer or jti is no plain text
   */
  async use(issuer: string, jti: string, until: Date): Promise<boolean> {
    if (!isPlainText(issuer, 300) || !isPlainText(jti, 255)) {
      throw new InvalidTokenError('What may be used once has no plain name');
    }
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO used_assertions AS used (issuer, jti, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT (issuer, jti) DO UPDATE SET expires_at = excluded.expires_at WHERE used.expires_at <= $4
       RETURNING 1`,
      [issuer, jti, until, this.clock.now()],
    );
    return rows.length > 0;
  }

  /** Removes ended names, on a schedule, by the database's clock: a worker's own may be wrong. @returns how many */
  async forgetExpired(): Promise<number> {
    const [, forgotten] = await this.dataSource.query<[unknown, number]>(
      'DELETE FROM used_assertions WHERE expires_at <= now()',
    );
    return forgotten;
  }
}
