/** What phones write on the screen: of APNs' alert and of FCM's notifications. */
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

/** Whether an alert or a notification has anything to read in it; APNs' may be a text itself. */
export function hasText(alert: unknown): boolean {
  if (typeof alert !== 'object' || alert === null) return isText(alert);
  const object = alert as Readonly<Record<string, unknown>>;
  return lines.some((line) => isText(object[line]));
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
