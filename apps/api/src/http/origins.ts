import { type Config, isLoopbackHost } from '@app/core';

/**
 * Tells whether a request may be from where its `Origin` says. Programs send none; a page of another origin would act with
 * whatever the browser stands next to. It is compared as a whole with that of PUBLIC_URL, never with `Host`, which whoever
 * made a name lead to us (DNS rebinding) chooses himself; pages of the loopback are a developer's own.
 */
export function isOwnOrigin(origin: string | undefined, { publicUrl }: Config): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false; // `null`, where a page has none to tell
  const { origin: itself, protocol, hostname } = new URL(origin);
  // An origin is its own whole: with a path or a user in it, it is no browser's.
  if (itself !== origin.toLowerCase()) return false;
  return (
    itself === new URL(publicUrl).origin || (/^https?:$/.test(protocol) && isLoopbackHost(hostname))
  );
}
