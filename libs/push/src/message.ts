/** A value that survives JSON unchanged. */
export type JsonValue =
  string | number | boolean | null | JsonValue[] | { readonly [key: string]: JsonValue };

/** What the author of a message wrote, without audience. All of it is optional, as in PowerAuth's message body. */
export interface MessageContent {
  readonly title?: string;
  readonly body?: string;
  /** Number on the app icon (APNs only). */
  readonly badge?: number;
  readonly sound?: string;
  /** Notification icon (FCM only). */
  readonly icon?: string;
  /** APNs category; doubles as the Android tag, as the legacy server has it. */
  readonly category?: string;
  /** Later messages with the same key replace earlier ones. At most 64 bytes (APNs). */
  readonly collapseKey?: string;
  /** The gateway drops the message when it could not reach the device by then. */
  readonly validUntil?: Date;
  /** Custom data: top-level keys on APNs, `data` on FCM. */
  readonly extras?: Readonly<Record<string, JsonValue>>;
  /** No system UI: background push on APNs, data only on FCM. */
  readonly silent: boolean;
}
