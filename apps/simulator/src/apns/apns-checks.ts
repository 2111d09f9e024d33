import type { IncomingHttpHeaders } from 'node:http';
import type { ClientConnection, GatewayRequest } from '../wire/request';
import type { ProviderToken, ProviderTokenFault } from './provider-tokens';

/** The reasons that the rules themselves give; the rest of Apple's table is given by fault scripts. */
export const apnsStatus = {
  BadCollapseId: 400,
  BadDeviceToken: 400,
  BadExpirationDate: 400,
  BadMessageId: 400,
  BadPriority: 400,
  BadTopic: 400,
  DeviceTokenNotForTopic: 400,
  DuplicateHeaders: 400,
  InvalidPushType: 400,
  MissingDeviceToken: 400,
  MissingTopic: 400,
  PayloadEmpty: 400,
  TopicDisallowed: 400,
  ExpiredProviderToken: 403,
  InvalidProviderToken: 403,
  MissingProviderToken: 403,
  UnrelatedKeyIdInToken: 403,
  BadPath: 404,
  MethodNotAllowed: 405,
  Unregistered: 410,
  PayloadTooLarge: 413,
  TooManyProviderTokenUpdates: 429,
} as const satisfies Record<string, number> & Record<ProviderTokenFault, number>;

export type ApnsReason = keyof typeof apnsStatus;

/** What each push type appends to the bundle id. An MDM topic is no bundle id at all. */
const topicSuffixes = new Map<string, string>([
  ['alert', ''],
  ['background', ''],
  ['mdm', ''],
  ['location', '.location-query'],
  ['voip', '.voip'],
  ['complication', '.complication'],
  ['fileprovider', '.pushkit.fileprovider'],
  ['liveactivity', '.push-type.liveactivity'],
  ['pushtotalk', '.voip-ptt'],
  ['widgets', '.push-type.widgets'],
]);
const priorities = new Set(['10', '5', '1']);

/** Finds what is wrong with a request before its provider and its device are known. */
export function headerFault(
  { method, headers, rawHeaders }: GatewayRequest,
  acceptUnknownPushTypes: boolean,
): ApnsReason | undefined {
  if (hasDuplicates(rawHeaders)) return 'DuplicateHeaders';
  if (method !== 'POST') return 'MethodNotAllowed';

  const topic = headers['apns-topic'];
  if (topic === undefined || topic === '') return 'MissingTopic';
  const collapseId = headers['apns-collapse-id'];
  if (collapseId !== undefined && Buffer.byteLength(String(collapseId)) > 64) {
    return 'BadCollapseId';
  }
  const expiration = headers['apns-expiration'];
  if (expiration !== undefined && !/^\d{1,12}$/.test(String(expiration))) {
    return 'BadExpirationDate';
  }
  const priority = headers['apns-priority'];
  const pushType = headers['apns-push-type'];
  if (priority !== undefined && !priorities.has(String(priority))) return 'BadPriority';
  if (priority === '10' && pushType === 'background') return 'BadPriority';

  if (pushType === undefined) return undefined;
  const suffix = topicSuffixes.get(String(pushType));
  if (suffix === undefined) return acceptUnknownPushTypes ? undefined : 'InvalidPushType';
  return String(topic).endsWith(suffix) ? undefined : 'BadTopic';
}

/** Finds a breach of the connection's bond: it belongs to one team and, once used, to one key. */
export function connectionFault(
  { provider }: ClientConnection,
  next: ProviderToken,
): ApnsReason | undefined {
  if (provider === undefined || provider === next) return undefined;
  if (provider.teamId !== next.teamId) return 'InvalidProviderToken';
  return provider.keyId === next.keyId ? undefined : 'UnrelatedKeyIdInToken';
}

export function topicFault(
  headers: IncomingHttpHeaders,
  { topics }: ProviderToken,
): ApnsReason | undefined {
  if (topics === undefined) return undefined;
  const topic = String(headers['apns-topic']);
  const suffix = topicSuffixes.get(String(headers['apns-push-type'])) ?? '';
  const bundleId = suffix === '' ? topic : topic.slice(0, -suffix.length);
  return topics.has(bundleId) ? undefined : 'TopicDisallowed';
}

/** Tells whether a header came twice. Node joins or drops repeats, so only the raw names tell. */
function hasDuplicates(rawHeaders: readonly string[]): boolean {
  for (let name = 2; name < rawHeaders.length; name += 2) {
    for (let earlier = 0; earlier < name; earlier += 2) {
      if (rawHeaders[name] === rawHeaders[earlier]) return true;
    }
  }
  return false;
}
