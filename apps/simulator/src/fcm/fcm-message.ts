import type { FieldViolation } from './fcm-errors';

/** The shape of a JSON value in the v1 API: a scalar, a list of one kind, a free object, or fields by name. */
type Kind =
  | 'string'
  | 'number'
  | 'boolean'
  | 'duration'
  | 'object'
  | 'string map'
  | 'string list'
  | readonly string[]
  | Fields;
interface Fields {
  readonly [name: string]: Kind;
}

const fcmOptions: Fields = { analytics_label: 'string' };
const notification: Fields = { title: 'string', body: 'string', image: 'string' };
const androidNotification: Fields = {
  title: 'string',
  body: 'string',
  icon: 'string',
  color: 'string',
  sound: 'string',
  tag: 'string',
  click_action: 'string',
  body_loc_key: 'string',
  body_loc_args: 'string list',
  title_loc_key: 'string',
  title_loc_args: 'string list',
  channel_id: 'string',
  ticker: 'string',
  sticky: 'boolean',
  event_time: 'string',
  local_only: 'boolean',
  notification_priority: [
    'PRIORITY_UNSPECIFIED',
    'PRIORITY_MIN',
    'PRIORITY_LOW',
    'PRIORITY_DEFAULT',
    'PRIORITY_HIGH',
    'PRIORITY_MAX',
  ],
  default_sound: 'boolean',
  default_vibrate_timings: 'boolean',
  default_light_settings: 'boolean',
  vibrate_timings: 'string list',
  visibility: ['VISIBILITY_UNSPECIFIED', 'PRIVATE', 'PUBLIC', 'SECRET'],
  notification_count: 'number',
  light_settings: 'object',
  image: 'string',
  bypass_proxy_notification: 'boolean',
  proxy: ['PROXY_UNSPECIFIED', 'ALLOW', 'DENY', 'IF_PRIORITY_LOWERED'],
};
const message: Fields = {
  name: 'string',
  fid: 'string',
  token: 'string',
  topic: 'string',
  condition: 'string',
  data: 'string map',
  notification,
  fcm_options: fcmOptions,
  android: {
    collapse_key: 'string',
    priority: ['NORMAL', 'HIGH', 'normal', 'high'],
    ttl: 'duration',
    restricted_package_name: 'string',
    data: 'string map',
    notification: androidNotification,
    fcm_options: fcmOptions,
    direct_boot_ok: 'boolean',
    bandwidth_constrained_ok: 'boolean',
    restricted_satellite_ok: 'boolean',
  },
  apns: {
    headers: 'string map',
    payload: 'object',
    fcm_options: { analytics_label: 'string', image: 'string' },
    live_activity_token: 'string',
  },
  webpush: {
    headers: 'string map',
    data: 'string map',
    notification: 'object',
    fcm_options: { link: 'string', analytics_label: 'string' },
  },
};
const request: Fields = { validate_only: 'boolean', message };

/** Checks a body's shape against `projects.messages:send`. @returns no violation for a well-formed body */
export function schemaViolations(body: unknown): FieldViolation[] {
  const violations: FieldViolation[] = [];
  check(body, withJsonNames(request), '', violations);
  return violations;
}

type Resolved = Map<string, { readonly kind: Kind; readonly name: string }>;
const resolved = new Map<Fields, Resolved>();

/** Gives fields their lowerCamelCase names too: the JSON mapping of protocol buffers takes both. */
function withJsonNames(fields: Fields): Resolved {
  let names = resolved.get(fields);
  if (names === undefined) {
    names = new Map();
    for (const [name, kind] of Object.entries(fields)) {
      const camel = name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
      names.set(name, { kind, name }).set(camel, { kind, name });
    }
    resolved.set(fields, names);
  }
  return names;
}

function check(value: unknown, fields: Resolved, path: string, found: FieldViolation[]): void {
  if (!isObject(value)) {
    found.push(invalid(path, 'message', value));
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    const field = fields.get(name);
    if (field === undefined) {
      const place = path === '' ? '' : ` at '${path}'`;
      const description = `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`;
      found.push({ field: path, description });
    } else if (inner !== null) {
      checkKind(inner, field.kind, path === '' ? field.name : `${path}.${field.name}`, found);
    }
  }
}

function checkKind(value: unknown, kind: Kind, path: string, found: FieldViolation[]): void {
  if (Array.isArray(kind)) {
    if (!kind.includes(value)) found.push(invalid(path, 'TYPE_ENUM', value));
    return;
  }
  if (typeof kind === 'object') {
    check(value, withJsonNames(kind as Fields), path, found);
    return;
  }
  switch (kind) {
    case 'string':
      if (typeof value !== 'string') found.push(invalid(path, 'TYPE_STRING', value));
      return;
    case 'number':
      if (typeof value !== 'number') found.push(invalid(path, 'TYPE_INT32', value));
      return;
    case 'boolean':
      if (typeof value !== 'boolean') found.push(invalid(path, 'TYPE_BOOL', value));
      return;
    case 'duration':
      if (ttlSeconds(value) === undefined)
        found.push(invalid(path, 'google.protobuf.Duration', value));
      return;
    case 'object':
      if (!isObject(value)) found.push(invalid(path, 'google.protobuf.Struct', value));
      return;
    case 'string list':
      if (!Array.isArray(value)) found.push(invalid(path, 'TYPE_STRING', value));
      else {
        value.forEach((item, index) => {
          checkKind(item, 'string', `${path}[${index}]`, found);
        });
      }
      return;
    case 'string map':
      if (!isObject(value)) found.push(invalid(path, 'Map', value));
      else {
        Object.values(value).forEach((item, index) => {
          checkKind(item, 'string', `${path}[${index}].value`, found);
        });
      }
  }
}

function invalid(path: string, type: string, value: unknown): FieldViolation {
  const shown = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
  return { field: path, description: `Invalid value at '${path}' (${type}), ${shown}` };
}

/** Reads a duration: "3.5s" is 3.5. @returns undefined for what is no duration from 0 s on */
export function ttlSeconds(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d+(?:\.\d{1,9})?s$/.test(text)) return undefined;
  return Number(text.slice(0, -1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
