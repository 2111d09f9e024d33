import type { FieldViolation } from './fcm-errors';
import { ttlSeconds } from './fcm-message';

/** The fields that the rules read of a message whose shape was checked. The API allows both spellings of a name. */
export interface FcmMessage {
  readonly fid?: string;
  readonly token?: string;
  readonly topic?: string;
  readonly condition?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly notification?: { readonly title?: string };
  readonly android?: {
    readonly collapse_key?: string;
    readonly collapseKey?: string;
    readonly ttl?: string;
    readonly data?: Readonly<Record<string, string>>;
    readonly notification?: { readonly title?: string; readonly tag?: string };
  };
  readonly apns?: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly payload?: { readonly aps?: { readonly alert?: unknown } };
  };
}

const targets = ['fid', 'token', 'topic', 'condition'] as const;
/** 28 days. */
const maxTtlSeconds = 2_419_200;
const maxPayloadBytes = 4096;
const maxTopicPayloadBytes = 2048;
/** Matches the whole words of the docs' list, and the prefixes that the platform keeps for itself, with their dots. */
const reservedKey = /^(?:from|message_type|gcm|gcm\..*|google\..*)$/s;

/** Checks the rules beyond the schema. @param bodyBytes an upper bound that spares the measuring of small messages */
export function messageViolations(message: FcmMessage, bodyBytes: number): FieldViolation[] {
  const given = targets.filter((target) => message[target] !== undefined);
  if (given.length === 0) {
    return [{ field: 'message', description: 'Recipient of the message is not set.' }];
  }
  if (given.length > 1) {
    const description = `Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set '${given[1] ?? ''}'`;
    return [{ field: 'message', description }];
  }
  const reserved = [
    ...reservedKeys('message.data', message.data),
    ...reservedKeys('message.android.data', message.android?.data),
  ];
  if (reserved.length > 0) return reserved;
  if ((ttlSeconds(message.android?.ttl) ?? 0) > maxTtlSeconds) {
    const description = `Invalid ttl: at most ${maxTtlSeconds} seconds`;
    return [{ field: 'message.android.ttl', description }];
  }
  const limit =
    message.token === undefined && message.fid === undefined
      ? maxTopicPayloadBytes
      : maxPayloadBytes;
  return bodyBytes > limit ? sizeViolations(message, limit) : [];
}

/** Measures, for each platform, the JSON that it would get. */
function sizeViolations(message: FcmMessage, limit: number): FieldViolation[] {
  const { notification, data, android, apns } = message;
  const found: FieldViolation[] = [];
  if (bytes({ notification, data, ...android }) > limit) {
    found.push({ field: 'message', description: 'Android message is too big' });
  }
  if (apns !== undefined && bytes({ notification, data, ...apns.payload }) > limit) {
    found.push({ field: 'message', description: 'APNs message is too big' });
  }
  return found;
}

function reservedKeys(path: string, data: FcmMessage['data'] = {}): FieldViolation[] {
  return Object.keys(data).flatMap((key, index) =>
    reservedKey.test(key)
      ? [{ field: `${path}[${index}].key`, description: `Invalid data payload key: ${key}` }]
      : [],
  );
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
