import type { Config } from '@app/core';

/** The path of the routes that manage applications and their credentials. */
export const adminPath = 'admin/app';

/** Tells whether a path, of a route or of a URL, is one of these routes, or would be. */
export function isPowerAuthPath(
  path: string,
  { powerAuthCompat, powerAuthCompatPrefix: prefix }: Config,
): boolean {
  return (
    powerAuthCompat !== 'off' &&
    path.startsWith(prefix) &&
    /^\/(push|admin\/app)(?=[/?]|$)/.test(path.slice(prefix.length))
  );
}
