import type { ApiSpace } from '@app/applications';
import { Logger } from '@nestjs/common';

type Claims = Readonly<Record<string, unknown>>;

interface Tally {
  saidAt: number;
  since: number;
}

const silenceMs = 60_000;

/**
 * Says, once a minute for each API space, how many apps still write their tokens' times in milliseconds: an old sample of
 * Dotdigital's for Android does, and its owner should know before `timestampUnit` becomes `seconds`.
 */
export class MillisecondTimes {
  private readonly logger = new Logger(MillisecondTimes.name);
  private readonly tallies = new Map<number, Tally>();

  /** @param claims of a token that was accepted, as they were written */
  note({ applicationId, apiSpaceId }: ApiSpace, { exp, iat, nbf }: Claims, now: Date): void {
    if (![exp, iat, nbf].some((time) => typeof time === 'number' && time >= 1e11)) return;
    const tally = this.tallies.get(applicationId) ?? { saidAt: -Infinity, since: 0 };
    this.tallies.set(applicationId, tally);
    tally.since++;
    if (now.getTime() - tally.saidAt < silenceMs) return;
    this.logger.warn(
      `Deprecated: API space ${apiSpaceId} had ${tally.since} token(s) with times in milliseconds; RFC 7519 wants seconds`,
    );
    Object.assign(tally, { saidAt: now.getTime(), since: 0 });
  }
}
