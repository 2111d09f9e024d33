import type { NotificationInput } from '@app/campaigns';
import { type MessageContent, pushPriorities, showsNothing } from '@app/push';
import { positive, present, requestObject } from './reading/checks';
import {
  extras,
  flag,
  instant,
  integer,
  list,
  object,
  oneOf,
  type Read,
  text,
} from './reading/read-body';
import { Refusal } from './reading/refusals';

const bodyShape = {
  title: text,
  titleLocKey: text,
  titleLocArgs: list(text),
  body: text,
  bodyLocKey: text,
  bodyLocArgs: list(text),
  icon: text,
  badge: integer,
  sound: text,
  category: text,
  collapseKey: text,
  validUntil: instant,
  extras,
};
export const messageBody = object(bodyShape);

const priority = oneOf(pushPriorities);

const messageShape = {
  userId: text,
  activationId: text,
  priority,
  attributes: object({ silent: flag, personal: flag, priority }),
  body: messageBody,
};
const message = object(messageShape);

const sendMessage = object({ appId: integer, message });
const sendBatch = object({ appId: integer, batch: list(message) });

const largestBatch = 20;

export function readMessage(body: unknown): NotificationInput {
  const request = requestObject(body, sendMessage, 'Request object must not be empty');
  const sent = present(request.message, 'Message must not be empty');
  const notification = notificationOf(positive(request.appId, 'App ID'), sent);
  assertSomebody([notification]);
  return notification;
}

/** Reads a batch. One bad element refuses the whole. */
export function readBatch(body: unknown): NotificationInput[] {
  const request = requestObject(body, sendBatch, 'Request object must not be empty');
  const batch = present(request.batch, 'Batch must not be empty');
  const applicationId = positive(request.appId, 'App ID');
  if (batch.length === 0) throw new Refusal('There are no push messages in the batch.');
  if (batch.length > largestBatch) {
    throw new Refusal(
      `Too many messages in batch - do no send more than ${largestBatch} messages at once to avoid server congestion.`,
    );
  }
  const notifications = batch.map((element, index) => {
    try {
      return notificationOf(applicationId, present(element, 'Push message must not be null.'));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new Refusal(
        `Push message at index: ${index} is not valid. Nested error is: ${error.message}`,
      );
    }
  });
  assertSomebody(notifications);
  return notifications;
}

/**
 * Reads a message's content; empty names are no names. The contract allows a message that shows nothing: it is for the
 * app, and silent whether it says so or not.
 */
export function contentOf(
  body: Read<typeof bodyShape>,
  silent = false,
  priority: MessageContent['priority'] | null = null,
): MessageContent {
  const content = { ...writtenIn(body, silent), ...(priority && { priority }) };
  return showsNothing(content) ? { ...content, silent: true } : content;
}

function writtenIn(body: Read<typeof bodyShape>, silent: boolean): MessageContent {
  const { title, badge, validUntil } = body;
  return {
    silent,
    ...(title !== null && { title }),
    ...locTextOf('title', body.titleLocKey, body.titleLocArgs),
    ...(body.body !== null && { body: body.body }),
    ...locTextOf('body', body.bodyLocKey, body.bodyLocArgs),
    ...(badge !== null && { badge }),
    ...(body.sound?.trim() && { sound: body.sound }),
    ...(body.icon?.trim() && { icon: body.icon }),
    ...(body.category?.trim() && { category: body.category }),
    ...(body.collapseKey?.trim() && { collapseKey: body.collapseKey }),
    ...(validUntil !== null && { validUntil }),
    ...(body.extras !== null && { extras: body.extras }),
  };
}

/** Reads a text of the app and its arguments, which are dropped without the text; Java's nulls among them are empty. */
function locTextOf(
  line: 'title' | 'body',
  key: string | null,
  args: readonly (string | null)[] | null,
): Partial<MessageContent> {
  if (!key?.trim()) return {};
  const given = args?.map((argument) => argument ?? '');
  return { [`${line}LocKey`]: key, ...(given && { [`${line}LocArgs`]: given }) };
}

/** Wants a user for each. It comes last and does not name the place in the batch: the legacy server notices when it sends. */
function assertSomebody(notifications: readonly NotificationInput[]): void {
  if (notifications.some(({ userId }) => userId === '')) {
    throw new Refusal('No userId was specified');
  }
}

function notificationOf(applicationId: number, sent: Read<typeof messageShape>): NotificationInput {
  const body = present(sent.body, 'Push message payload (body) must not be null.');
  const userId = present(sent.userId, 'Push message must contain a user ID.');
  return {
    applicationId,
    userId,
    activationId: sent.activationId ?? undefined,
    content: contentOf(body, sent.attributes?.silent, sent.priority ?? sent.attributes?.priority),
    personal: sent.attributes?.personal ?? false,
  };
}
