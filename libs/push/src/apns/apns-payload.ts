import { Notification, Priority, SilentNotification } from 'apns2';
import { assertCommonRules, assertPayloadSize } from '../content/content-rules';
import { customData } from '../content/custom-data';
import { InvalidMessageError } from '../content/invalid-message.error';
import type { MessageContent } from '../content/message';

/** A message in APNs' form: the parts that are the same for every device. */
export interface ApnsMessage {
  readonly payload: Buffer;
  readonly pushType: string;
  readonly priority: string;
  /** The moment in epoch seconds. */
  readonly expiration: string | undefined;
  readonly collapseKey: string | undefined;
}

/**
 * Builds the payload that PowerAuth Push sends, in its 1.1.0+ form for silent messages. Departures: a background push
 * has priority 5 whatever its author wants, as Apple demands; without `validUntil` there is no expiration, where the
 * legacy server wrote 0 and lost the message for every phone that was off.
 * @throws InvalidMessageError
 */
export function apnsMessage(content: MessageContent): ApnsMessage {
  assertCommonRules(content);
  const { extras, validUntil, collapseKey } = content;
  if (extras !== undefined && Object.hasOwn(extras, 'aps')) {
    throw new InvalidMessageError(
      'extras must not contain "aps"; it is ours to fill.',
      'extras.aps',
    );
  }
  const notification = notificationOf(content);
  const json = JSON.stringify(notification.buildApnsOptions());
  assertPayloadSize('APNs', json);
  return {
    payload: Buffer.from(json),
    pushType: notification.pushType,
    priority: String(notification.priority),
    expiration: validUntil && String(Math.floor(validUntil.getTime() / 1000)),
    collapseKey,
  };
}

function notificationOf(content: MessageContent): Notification {
  const { badge, sound, category, collapseKey } = content;
  const data = content.extras === undefined ? {} : { data: { ...customData(content) } };
  const thread = collapseKey !== undefined && { 'thread-id': collapseKey };
  if (content.silent) {
    const aps = { ...(badge !== undefined && { badge }), 'content-available': 1, ...thread };
    return new SilentNotification('', { aps, ...data });
  }
  const alert = alertOf(content);
  const aps = {
    ...(Object.keys(alert).length > 0 && { alert }),
    ...(badge !== undefined && { badge }),
    ...(sound && { sound }),
    ...(category && { category }),
    ...thread,
  };
  const priority = content.priority === 'normal' ? Priority.throttled : Priority.immediate;
  return new Notification('', { aps, priority, ...data });
}

function alertOf(content: MessageContent): Readonly<Record<string, unknown>> {
  const { title, body, titleLocKey, titleLocArgs, bodyLocKey, bodyLocArgs } = content;
  return {
    ...(title && { title }),
    ...(titleLocKey && { 'title-loc-key': titleLocKey }),
    ...(titleLocKey && titleLocArgs && { 'title-loc-args': titleLocArgs }),
    ...(body && { body }),
    ...(bodyLocKey && { 'loc-key': bodyLocKey }),
    ...(bodyLocKey && bodyLocArgs && { 'loc-args': bodyLocArgs }),
  };
}
