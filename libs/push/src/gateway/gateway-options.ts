import type { Clock, ProxyRules } from '@app/core';
import type { ProviderTokenStore } from './provider-token-store';

export interface GatewayOptions {
  /** Replaces the real gateway: `https://…`, or `http://…` for HTTP/2 in clear text. */
  readonly url?: string;
  /** PEM certificates that are trusted besides Node's own roots. */
  readonly ca?: string;
  /** Says what connections go through; when absent, nothing. */
  readonly proxies?: Pick<ProxyRules, 'for'>;
  readonly clock: Clock;
  /** The store of provider tokens; when absent, this process mints its own. */
  readonly providerTokens?: ProviderTokenStore;
}
