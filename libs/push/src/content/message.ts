/** A value that survives JSON unchanged. */
export type JsonValue =
  string | number | boolean | null | JsonValue[] | { readonly [key: string]: JsonValue };

export const pushPriorities = ['normal', 'high'] as const;
export type PushPriority = (typeof pushPriorities)[number];

/** The content that an author wrote, without audience. All of it is optional, as in PowerAuth's message body. */
export interface MessageContent {
  readonly title?: string;
  readonly body?: string;
  /** The key of a text of the app, in the user's language, that replaces the title; and the arguments of that text. */
  readonly titleLocKey?: string;
  readonly titleLocArgs?: readonly string[];
  /** The same for the body. */
  readonly bodyLocKey?: string;
  readonly bodyLocArgs?: readonly string[];
  /** The number on the app icon (APNs only). */
  readonly badge?: number;
  readonly sound?: string;
  /** The notification's icon (FCM only). */
  readonly icon?: string;
  /** The APNs category; doubles as the Android tag, as in the legacy server. */
  readonly category?: string;
  /** Later messages with the same key replace earlier ones. At most 64 bytes (APNs). */
  readonly collapseKey?: string;
  /** The gateway drops the message when it could not reach the device by then. */
  readonly validUntil?: Date;
  /** Custom data: top-level keys on APNs, `data` on FCM. */
  readonly extras?: Readonly<Record<string, JsonValue>>;
  /** How urgent: `high` wakes the phone, `normal` may wait for it. Absent: APNs' highest, FCM's own default. */
  readonly priority?: PushPriority;
  /** No system UI: background push on APNs, data only on FCM. */
  readonly silent: boolean;
}
