import type { Ledger } from '../devices/ledger';
import { hasFitArguments, hasText, titleOf } from '../devices/shown-text';
import type { GatewayRequest } from '../wire/request';

interface ApnsPayload {
  readonly aps?: { readonly alert?: unknown };
}

/** Does what the phone does with an accepted request: shows it, or notes why not. */
export function deliverApns(
  ledger: Ledger,
  token: string,
  { headers, body }: GatewayRequest,
  nowMs: number,
): void {
  const payload = parse(body);
  const alert = payload?.aps?.alert;
  if (payload === undefined || holdsNull(payload) || !hasFitArguments(alert)) {
    ledger.hide('apns', token, 'unreadable');
    return;
  }
  // 0 means now or never, and the simulated phone is always there.
  const expiration = Number(headers['apns-expiration'] ?? 0);
  if (expiration !== 0 && expiration * 1000 <= nowMs) {
    ledger.hide('apns', token, 'expired');
    return;
  }
  const pushType = headers['apns-push-type'] ?? 'alert';
  if (pushType === 'background' || !hasText(alert)) {
    ledger.hide('apns', token, 'silent');
    return;
  }
  const collapseId = headers['apns-collapse-id'];
  ledger.show('apns', token, {
    collapseKey: typeof collapseId === 'string' && collapseId !== '' ? collapseId : undefined,
    title: titleOf(alert),
    atMs: nowMs,
    detail: { headers, payload: body },
  });
}

function parse(body: string): ApnsPayload | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether a value holds a null: a property list knows none, and iOS drops what holds one. */
function holdsNull(value: unknown): boolean {
  if (typeof value !== 'object') return false;
  return value === null || Object.values(value).some(holdsNull);
}
