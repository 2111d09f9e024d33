import { createPrivateKey } from 'node:crypto';
import { type Clock, compactJws } from '@app/core';
import { Backoff } from '../http2/backoff';
import { parseObject } from '../gateway/json';
import type { Origin } from '../http2/origin';
import type { Fault } from '../gateway/outcome';
import type { GoogleServiceAccount } from './fcm-credential';
import { postForm, type FormAnswer } from './token-endpoint';
import { reasonOf, transportFault } from '../gateway/transport-fault';

const audience = 'https://oauth2.googleapis.com/token';
const scope = 'https://www.googleapis.com/auth/firebase.messaging';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const refreshBeforeExpiryMs = 300_000;
/** The least time a token is used, however short its life is said to be: else each message would fetch its own. */
const leastUseMs = 30_000;
/** Google's tokens live an hour. */
const longestUseMs = 3_300_000;

/**
 * Holds the OAuth access token of a service account (RFC 7523 grant): cached, refreshed before it expires, fetched once
 * however many requests want it. firebase-admin's `cert()` can't be used: it drops the agent that would lead it to
 * another host, and keeps one token per account and process, so a refused one could not be replaced.
 */
export class FcmAccessToken {
  private value: string | undefined;
  private refreshAt = 0;
  private fetching: Promise<string | Fault> | undefined;
  private lastFault: Fault | undefined;
  private readonly backoff = new Backoff(1_000, 30_000);

  /** @param origin has the token endpoint `/token` */
  constructor(
    private readonly account: GoogleServiceAccount,
    private readonly origin: Origin,
    private readonly clock: Clock,
  ) {}

  /** Returns the token to use now; when it must be fetched, a promise of it, or of why there is none. */
  current(): string | Promise<string | Fault> {
    const fresh = this.clock.now().getTime() < this.refreshAt;
    return fresh && this.value !== undefined ? this.value : this.refresh();
  }

  /** Returns the token to use after FCM refused `rejected`. */
  renew(rejected: string): string | Promise<string | Fault> {
    if (this.value === rejected) this.value = undefined;
    return this.current();
  }

  private refresh(): Promise<string | Fault> {
    const pauseMs = this.backoff.remainingMs;
    if (this.lastFault !== undefined && pauseMs > 0) {
      return Promise.resolve({ ...this.lastFault, retryAfterMs: pauseMs });
    }
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async fetch(): Promise<string | Fault> {
    const form = { grant_type: grantType, assertion: await this.assertion() };
    const answer = await postForm(this.origin, form).catch((error: unknown) =>
      unreachable(error as NodeJS.ErrnoException),
    );
    const token = 'class' in answer ? answer : tokenOf(answer);
    if ('class' in token) {
      this.backoff.failed();
      this.lastFault = token;
      return token;
    }
    this.value = token.value;
    const useMs = Math.max(leastUseMs, token.lifeMs - refreshBeforeExpiryMs);
    this.refreshAt = this.clock.now().getTime() + Math.min(longestUseMs, useMs);
    this.backoff.succeeded();
    return token.value;
  }

  private async assertion(): Promise<string> {
    const iat = Math.floor(this.clock.now().getTime() / 1000);
    const claims = { iss: this.account.client_email, scope, aud: audience, iat, exp: iat + 3600 };
    const key = createPrivateKey(this.account.private_key);
    return compactJws({ alg: 'RS256', typ: 'JWT' }, claims, key);
  }
}

function tokenOf({ status, body }: FormAnswer): { value: string; lifeMs: number } | Fault {
  const {
    access_token: value,
    expires_in: seconds,
    error,
    error_description: text,
  } = parseObject(body) ?? {};
  if (status === 200 && typeof value === 'string' && typeof seconds === 'number') {
    return { value, lifeMs: seconds * 1000 };
  }
  const said = [error, text].filter((one) => typeof one === 'string').join(': ');
  const detail = `token endpoint: HTTP ${status}${said && `, ${said.slice(0, 300)}`}`;
  const reason = 'AccessTokenRefused';
  if (status === 429 || status >= 500) return { class: 'transport', reason, detail, sent: false };
  // An OAuth error is about the account; anything else says that no token endpoint is there.
  return { class: typeof error === 'string' ? 'credential' : 'configuration', reason, detail };
}

function unreachable({ code, message }: NodeJS.ErrnoException): Fault {
  return transportFault(reasonOf(code), false, { detail: `token endpoint: ${message}` });
}
