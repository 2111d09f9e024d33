import type { Clock } from '@app/core';
import type { Http2Timings } from './http2-timings';
import type { ProviderTokenStore } from '../gateway/provider-token-store';

export interface GatewayOptions {
  /** Instead of the real gateway: `https://…`, or `http://…` for HTTP/2 in clear text. */
  readonly url?: string;
  /** PEM certificates trusted besides Node's own roots. */
  readonly ca?: string;
  readonly clock: Clock;
  readonly maxConnections?: number;
  readonly timings?: Partial<Http2Timings>;
  /** Absent: this process mints its own. */
  readonly providerTokens?: ProviderTokenStore;
}

/** How long `close` waits for answers that are still due. */
export const defaultGraceMs = 5_000;
