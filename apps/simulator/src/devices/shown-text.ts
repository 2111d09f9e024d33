/** The members that phones write on the screen, of APNs' alert and of FCM's notification. */
const lines = [
  'title',
  'subtitle',
  'body',
  'title-loc-key',
  'loc-key',
  'title_loc_key',
  'titleLocKey',
  'body_loc_key',
  'bodyLocKey',
] as const;

/** Tells whether an alert or a notification has anything to read; APNs' may be a plain text. */
export function hasText(alert: unknown): boolean {
  if (typeof alert !== 'object' || alert === null) return isText(alert);
  const object = alert as Readonly<Record<string, unknown>>;
  return lines.some((line) => isText(object[line]));
}

const titles = ['title', 'title-loc-key', 'title_loc_key', 'titleLocKey'] as const;

/** Returns the title of an alert or a notification, else the key of the app's own text, else an alert's text. */
export function titleOf(alert: unknown): string | undefined {
  if (typeof alert === 'string') return alert;
  if (typeof alert !== 'object' || alert === null) return undefined;
  const object = alert as Readonly<Record<string, unknown>>;
  return titles.map((name) => object[name]).find((title) => typeof title === 'string');
}

/** Tells whether the arguments of a text are a list of texts; iOS drops an alert with any other. */
export function hasFitArguments(alert: unknown): boolean {
  if (typeof alert !== 'object' || alert === null) return true;
  const object = alert as Readonly<Record<string, unknown>>;
  return ['title-loc-args', 'loc-args'].every((name) => {
    const given = object[name];
    return (
      given === undefined || (Array.isArray(given) && given.every((one) => typeof one === 'string'))
    );
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
