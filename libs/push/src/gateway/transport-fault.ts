import type { Fault } from './outcome';

export type TransportReason =
  | 'Closed'
  | 'ConnectTimeout'
  | 'ConnectionLost'
  | 'ConnectionRefused'
  | 'GoAway'
  | 'HostNotFound'
  | 'PingTimeout'
  | 'ProxyRefused'
  | 'RefusedStream'
  | 'RequestTimeout'
  | 'StreamReset'
  | 'TlsFailure';

/** @param sent whether the request may have reached the gateway; true when in doubt */
export function transportFault(
  reason: TransportReason,
  sent: boolean,
  more: { detail?: string; retryAfterMs?: number } = {},
): Fault {
  return { class: 'transport', reason, sent, ...more };
}

/** Names the reason for an error that Node reports about a socket, by its code. */
export function reasonOf(code: string | undefined): TransportReason {
  switch (code) {
    case 'ECONNREFUSED':
      return 'ConnectionRefused';
    case 'ETIMEDOUT':
      return 'ConnectTimeout';
    case 'ABORT_ERR':
      return 'RequestTimeout';
    case 'ERR_PROXY_REFUSED':
      return 'ProxyRefused';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'HostNotFound';
  }
  return /CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code ?? '') ? 'TlsFailure' : 'ConnectionLost';
}
