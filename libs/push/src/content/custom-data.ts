import type { JsonValue, MessageContent } from './message';

/**
 * Returns the author's extras as both gateways take them: without nulls, however deep. iOS drops a payload that has
 * one, and FCM knows text only, in which a null would be the word.
 */
export function customData({ extras = {} }: MessageContent): Readonly<Record<string, JsonValue>> {
  return members(extras);
}

function members(object: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, withoutNulls(value)]),
  );
}

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  return typeof value === 'object' && value !== null ? members(value) : value;
}
