import type { Clock } from '@app/core';
import { cert, type Credential } from 'firebase-admin/app';
import { Agent } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { Backoff } from './backoff';
import type { Origin } from './origin';
import type { Fault } from './outcome';
import { reasonOf, transportFault } from './transport-fault';

const refreshBeforeExpiryMs = 300_000;
const socketTimeoutMs = 10_000;

/**
 * The OAuth access token of a service account: cached, refreshed before it expires, fetched once however many requests
 * want it. The exchange is firebase-admin's own; only its sockets may be led to another host.
 */
export class FcmAccessToken {
  private value: string | undefined;
  private refreshAt = 0;
  private fetching: Promise<string | Fault> | undefined;
  private lastFault: Fault | undefined;
  private readonly backoff = new Backoff(1_000, 30_000);

  /** @param credential makes a new credential each time: one instance answers from its own cache for an hour */
  constructor(
    private readonly credential: () => Credential,
    private readonly clock: Clock,
  ) {}

  /** The token to use now; a promise of it, or of why there is none, when it must be fetched. */
  current(): string | Promise<string | Fault> {
    const fresh = this.value !== undefined && this.clock.now().getTime() < this.refreshAt;
    return fresh && this.value !== undefined ? this.value : this.refresh();
  }

  /** The token to use after FCM refused `rejected`. */
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
    try {
      const { access_token: value, expires_in: seconds } = await this.credential().getAccessToken();
      this.value = value;
      this.refreshAt = this.clock.now().getTime() + seconds * 1000 - refreshBeforeExpiryMs;
      this.backoff.succeeded();
      return value;
    } catch (error) {
      this.backoff.failed();
      this.lastFault = tokenFault(error);
      return this.lastFault;
    }
  }
}

/** @param origin where the token endpoint `/token` is; undefined for Google's own */
export function serviceAccountCredential(
  serviceAccount: object,
  origin: Origin | undefined,
): () => Credential {
  const agent = origin === undefined ? new Agent() : new RedirectingAgent(origin);
  // A copy each time, as firebase-admin writes into what it is given.
  return () => cert({ ...serviceAccount }, agent);
}

/** Leads the sockets that are meant for Google's token endpoint to another host. */
class RedirectingAgent extends Agent {
  constructor(private readonly origin: Origin) {
    super();
  }

  override createConnection(): Socket {
    const { host, port, tls } = this.origin;
    const socket =
      tls === undefined
        ? connectPlain({ host, port })
        : connectSecure({ host, port, secureContext: tls, servername: host });
    return socket.setTimeout(socketTimeoutMs, () => {
      socket.destroy(
        Object.assign(new Error('The token endpoint is silent.'), { code: 'ETIMEDOUT' }),
      );
    });
  }
}

/** What the endpoint refuses is the credential's fault; anything else is the way there. */
function tokenFault(error: unknown): Fault {
  const { code, message, response } = error as Partial<NodeJS.ErrnoException> & {
    response?: { status?: number };
  };
  const status = response?.status ?? 0;
  const detail = `access token: ${message?.slice(0, 300) ?? 'no reason given'}`;
  if (status === 400 || status === 401 || status === 403) {
    return { class: 'credential', reason: 'AccessTokenRefused', detail };
  }
  if (status === 404 || status === 405) {
    return { class: 'configuration', reason: 'AccessTokenRefused', detail };
  }
  return transportFault(reasonOf(code), false, { detail });
}
