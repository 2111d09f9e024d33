import type { Message } from '../messages/message.entity';

/** The life of a message that names no `validUntil`, in milliseconds: a day. */
const lifetimeMs = 24 * 3_600_000;

/** Tells when a message expires, and the reason of its deliveries that are not sent by then. */
export function deadlineOf({
  content: { validUntil },
  launchedAt,
  createdAt,
}: Pick<Message, 'content' | 'launchedAt' | 'createdAt'>): {
  readonly deadline: Date;
  readonly reason: string;
} {
  if (validUntil !== undefined) return { deadline: validUntil, reason: 'VALID_UNTIL_PASSED' };
  return {
    deadline: new Date((launchedAt ?? createdAt).getTime() + lifetimeMs),
    reason: 'GIVEN_UP',
  };
}
