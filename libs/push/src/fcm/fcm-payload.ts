import type { AndroidNotification } from 'firebase-admin/messaging';
import { randomUUID } from 'node:crypto';
import { assertCommonRules, assertPayloadSize, hasText } from '../content/content-rules';
import { customData } from '../content/custom-data';
import { InvalidMessageError } from '../content/invalid-message.error';
import type { JsonValue, MessageContent } from '../content/message';
import type { PushTarget } from '../gateway/push-gateway';

/** FCM's longest and default life of a message, in seconds. */
const maxTtlSeconds = 2_419_200;

/** A message in FCM's form: the parts that are the same for every device. */
export interface FcmMessage {
  /** Returns the JSON text of one request. `now` decides the time to live. */
  bodyFor(target: PushTarget, now: Date): string;
}

/** Stand in a request's text for what differs from device to device. No message has one of them, for nobody can guess them. */
const marks = { token: randomUUID(), deliveryId: randomUUID(), ttl: randomUUID() };
const anyMark = new RegExp(`(${Object.values(marks).join('|')})`);

/** The key under which the app finds the delivery's id in `data`. */
const deliveryIdKey = 'deliveryId';

/**
 * Builds the request that PowerAuth Push sends. Departures: the time to live is right (the legacy server's was a
 * thousandth of it, and after `validUntil` four weeks), and values of extras that are not strings are JSON. Where the
 * author named no key, a repeat is known by the delivery's id: as `collapse_key` and `tag` it replaces what the user
 * sees. A message that is not shown carries it in `data` instead, for FCM keeps messages of only four collapse keys for
 * a device that is away.
 * @throws InvalidMessageError
 */
export function fcmMessage(content: MessageContent): FcmMessage {
  assertCommonRules(content);
  const { validUntil, priority } = content;
  const { token, deliveryId, ttl } = marks;
  const notification = notificationOf(content);
  const collapseKey = content.collapseKey ?? (notification && deliveryId);
  const data = dataOf(content, collapseKey === undefined ? { [deliveryIdKey]: deliveryId } : {});
  assertPayloadSize('FCM', JSON.stringify({ notification, data }));

  const android = {
    ...(collapseKey !== undefined && { collapse_key: collapseKey }),
    ...(priority && { priority: priority.toUpperCase() }),
    ...(validUntil && { ttl }),
    ...(notification && {
      notification: {
        ...notification,
        tag: content.category === '' ? collapseKey : (content.category ?? collapseKey),
      },
    }),
  };
  // Written once and cut where the devices differ, so that only concatenation is left for each.
  const message = {
    token,
    ...(Object.keys(android).length > 0 && { android }),
    ...(data && { data }),
  };
  const json = JSON.stringify({ message });
  const pieces = json.split(anyMark);
  return {
    bodyFor(target, now) {
      let body = '';
      for (const piece of pieces) {
        if (piece === token) body += JSON.stringify(target.token).slice(1, -1);
        else if (piece === deliveryId) body += target.deliveryId;
        else if (piece === ttl) body += ttlOf(validUntil, now);
        else body += piece;
      }
      return body;
    },
  };
}

type ShownField =
  | 'title'
  | 'titleLocKey'
  | 'titleLocArgs'
  | 'body'
  | 'bodyLocKey'
  | 'bodyLocArgs'
  | 'icon'
  | 'sound';

/** Spells a name of Google's SDK as HTTP v1 does: `titleLocKey` is `title_loc_key`. */
type WireName<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Uppercase<Letter> ? '_' : ''}${Lowercase<Letter>}${WireName<Rest>}`
  : '';

/** The members of `AndroidNotification` that we set. */
type ShownNotification = {
  readonly [Name in ShownField as WireName<Name>]?: Readonly<
    NonNullable<AndroidNotification[Name]>
  >;
} & { readonly notification_priority?: 'PRIORITY_DEFAULT' | 'PRIORITY_HIGH' };

/** @returns undefined where there is nothing to show, for Android would put an empty notification on the screen */
function notificationOf(content: MessageContent): ShownNotification | undefined {
  const { title, titleLocKey, titleLocArgs, body, bodyLocKey, bodyLocArgs, icon, sound } = content;
  const { priority, silent } = content;
  if (silent || !hasText(content)) return undefined;
  return {
    ...(priority && {
      notification_priority: priority === 'high' ? 'PRIORITY_HIGH' : 'PRIORITY_DEFAULT',
    }),
    ...(title && { title }),
    ...(titleLocKey && { title_loc_key: titleLocKey }),
    ...(titleLocKey && titleLocArgs && { title_loc_args: titleLocArgs }),
    ...(body && { body }),
    ...(bodyLocKey && { body_loc_key: bodyLocKey }),
    ...(bodyLocKey && bodyLocArgs && { body_loc_args: bodyLocArgs }),
    ...(icon && { icon }),
    ...(sound && { sound }),
  };
}

/** Matches names that are reserved, and those that begin with `google.` or `gcm.`; `google_maps_url` is anybody's. */
const reserved = /^(?:from|message_type|gcm|gcm\..*|google\..*)$/s;

/** @param ours entries that the author's extras may replace */
function dataOf(
  content: MessageContent,
  ours: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const entries = Object.entries<JsonValue>({ ...ours, ...customData(content) });
  for (const [key] of entries) {
    if (!reserved.test(key)) continue;
    throw new InvalidMessageError(
      `extras must not contain "${key}": FCM reserves it.`,
      `extras.${key}`,
    );
  }
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function ttlOf(validUntil: Date | undefined, now: Date): string {
  const seconds = Math.floor(((validUntil ?? now).getTime() - now.getTime()) / 1000);
  return `${Math.min(maxTtlSeconds, Math.max(0, seconds))}s`;
}
