import type { Clock } from '@app/core';
import type { ProviderTokenStore } from './provider-token-store';

export interface GatewayOptions {
  /** Instead of the real gateway: `https://…`, or `http://…` for HTTP/2 in clear text. */
  readonly url?: string;
  /** PEM certificates trusted besides Node's own roots. */
  readonly ca?: string;
  readonly clock: Clock;
  /** Absent: this process mints its own. */
  readonly providerTokens?: ProviderTokenStore;
}
