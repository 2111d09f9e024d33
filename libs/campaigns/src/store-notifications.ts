import type { AuditInput } from '@app/audit';
import { type Actor, type Gateway, preparedQuery } from '@app/core';
import type { Message } from '@app/delivery';
import type { EntityManager } from 'typeorm';
import { storeNotificationsStatement } from './notification.statements';

export interface NotificationInput {
  readonly applicationId: number;
  readonly userId: string;
  /** Limits the notification to the device of this activation. */
  readonly activationId?: string | undefined;
  readonly content: Message['content'];
  readonly personal: boolean;
}

/** A notification that may be stored. */
export interface CheckedNotification extends NotificationInput {
  readonly id: string;
  /** Who sends it, and what the audit trail says of that. */
  readonly actor: Actor;
  readonly event: AuditInput;
}

export interface StoredNotifications {
  /** The first application that is not there; then nothing is stored. */
  readonly missing: number | null;
  /** The lanes that have something to send. */
  readonly lanes: readonly { readonly applicationId: number; readonly gateway: Gateway }[];
}

/** Stores notifications with their messages, deliveries, chunks and events in one statement, all or none. */
export async function storeNotifications(
  manager: EntityManager,
  list: readonly CheckedNotification[],
): Promise<StoredNotifications> {
  const [stored = { missing: null, lanes: [] }] = await preparedQuery<StoredNotifications>(
    manager,
    storeNotificationsStatement,
    [
      list.map(({ id }) => id),
      list.map(({ applicationId }) => applicationId),
      list.map(({ userId }) => userId),
      list.map(({ activationId }) => activationId ?? null),
      list.map(({ content }) => JSON.stringify(content)),
      list.map(({ personal }) => personal),
      list.map(({ actor }) => actor.kind),
      list.map(({ actor }) => actor.id),
      list.map(({ actor }) => actor.address ?? null),
      list.map(({ event }) => event.action),
      list.map(({ event }) => event.target),
      list.map(({ event }) => JSON.stringify(event.after ?? null)),
    ],
  );
  return stored;
}
