import type { Ledger } from '../devices/ledger';
import { hasText, titleOf } from '../devices/shown-text';
import type { GatewayRequest } from '../wire/request';
import type { FcmMessage } from './fcm-checks';

/**
 * Does what the phone does with an accepted message. It is always online, so a collapse key has nothing stored to
 * replace: on the screen only the Android tag does, or for iOS the collapse id.
 */
export function deliverFcm(
  ledger: Ledger,
  token: string,
  message: FcmMessage,
  { headers, body }: GatewayRequest,
  nowMs: number,
): void {
  const { android, apns, notification } = message;
  const alert = apns?.payload?.aps?.alert;
  if (![notification, android?.notification, alert].some(hasText)) {
    ledger.hide('fcm', token, 'silent');
    return;
  }
  ledger.show('fcm', token, {
    // Android's SDK takes an empty tag for none.
    collapseKey: filled(android?.notification?.tag) ?? filled(apns?.headers?.['apns-collapse-id']),
    title: titleOf(android?.notification) ?? titleOf(notification) ?? titleOf(alert),
    atMs: nowMs,
    detail: { headers, payload: body },
  });
}

const filled = (key: string | undefined) => (key === '' ? undefined : key);
