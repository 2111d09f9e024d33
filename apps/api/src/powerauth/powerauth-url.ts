import type { Config } from '@app/core';

/** Whether the routes of the PowerAuth Push Server are, or would be, at this URL. */
export function isPowerAuthUrl(url: string, config: Config): boolean {
  const { powerAuthCompat, powerAuthCompatPrefix: prefix } = config;
  if (powerAuthCompat === 'off' || !url.startsWith(prefix)) return false;
  return /^\/(push|admin\/app)(?=[/?]|$)/.test(url.slice(prefix.length));
}
