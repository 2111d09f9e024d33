import { Allowances } from '@app/auth';
import {
  type Actor,
  type ActorKind,
  addressBlock,
  type CallerClass,
  Config,
  RateLimitedError,
} from '@app/core';
import { Injectable, SetMetadata } from '@nestjs/common';

/** The part of a reply that tells of an allowance. */
export interface AllowanceReply {
  header(name: string, value: string): unknown;
}

export const uncountedMetadata = 'carillon:uncounted';

/** Keeps a route out of its callers' allowances: who watches over the server must get through when it is busy. */
export const Uncounted = () => SetMetadata(uncountedMetadata, true);

const classOf: Readonly<Record<ActorKind, CallerClass | undefined>> = {
  anonymous: 'anonymous',
  user: 'user',
  profile: 'session',
  operator: 'operator',
  client: 'client',
  service_account: 'account',
  api_key: 'key',
  system: undefined,
};

const windowSeconds = 60;

/** Counts the requests of each caller, and refuses those beyond the allowance of his class. */
@Injectable()
export class CallerAllowances {
  constructor(
    private readonly allowances: Allowances,
    private readonly config: Config,
  ) {}

  /**
   * Counts a request and tells its caller what he has left, as draft-ietf-httpapi-ratelimit-headers-10 has it. Where
   * PowerAuth's routes are open, all their callers are one, and count as none.
   * @throws AllowanceUsedUpError
   */
  async count(actor: Actor, reply: AllowanceReply): Promise<void> {
    const callers = classOf[actor.kind];
    const most = callers === undefined ? 0 : this.config.requestsPerMinute[callers];
    if (callers === undefined || most === 0) return;
    if (actor.kind === 'anonymous' && actor.id !== '') return;
    const caller =
      actor.kind === 'anonymous' ? addressBlock(actor.address ?? 'unknown') : actor.caller;
    const allowance = {
      name: `requests:${callers}`,
      what: 'requests a minute',
      most,
      windowSeconds,
    };
    const tell = (left: number, seconds: number) => {
      reply.header('ratelimit', `"${callers}";r=${left};t=${seconds}`);
    };
    reply.header('ratelimit-policy', `"${callers}";q=${most};w=${windowSeconds}`);
    try {
      const { left, resetSeconds } = await this.allowances.take(allowance, caller);
      tell(left, resetSeconds);
    } catch (error) {
      if (error instanceof RateLimitedError) tell(0, error.retryAfterSeconds);
      throw error;
    }
  }
}
