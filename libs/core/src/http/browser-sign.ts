import { isLoopbackHost } from '../config/loopback';

/** The headers of a request, as Node has them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers that tell of a browser. */
export type BrowserSign = 'Origin' | 'Sec-Fetch-Site' | 'Host' | 'X-Forwarded-Host';

/**
 * Finds the header by which a request may be a page's, in somebody's browser; programs send none such. Routes that ask for
 * no credentials ask this: a browser carries the requests of every page it shows into the network that it stands in.
 *
 * It tells where a request is from by `Origin`, and newer ones by `Sec-Fetch-Site`, which is `none` where a person typed
 * the address (W3C Fetch Metadata §2.3). A page whose name was made to lead to us after it was loaded (DNS rebinding) is
 * of our own origin to its browser: only the host's name gives it away.
 * @param hosts our names besides those of the loopback, as `hostOf` writes them
 * @returns the first of them, or undefined where it can only be a program's
 */
export function browserSign(
  headers: RequestHeaders,
  hosts: ReadonlySet<string>,
): BrowserSign | undefined {
  if (headers.origin !== undefined) return 'Origin';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'none') return 'Sec-Fetch-Site';
  const isOurs = (named: string) => {
    const host = hostOf(named);
    return host !== undefined && (isLoopbackHost(host) || hosts.has(host));
  };
  if (!isOurs(String(headers.host))) return 'Host';
  // A proxy may put its own name for us into Host, and the caller's here.
  const forwarded = [headers['x-forwarded-host'] ?? []].flat().join(',');
  if (forwarded !== '' && !forwarded.split(',').every(isOurs)) return 'X-Forwarded-Host';
  return undefined;
}

/** Returns the host of `host[:port]` as URLs write it: in lower case, IPv6 in brackets; undefined where it is none. */
export function hostOf(authority: string): string | undefined {
  const trimmed = authority.trim();
  const url = `http://${trimmed}`;
  if (!/^(\[[\da-f:.]+\]|[^\s:@/\\?#[\]]+)(:\d*)?$/i.test(trimmed) || !URL.canParse(url)) {
    return undefined;
  }
  return new URL(url).hostname.replace(/\.$/, '');
}

/**
 * Tells whether a request that may write names its body JSON, which no page of another origin can without being asked
 * for leave first (Fetch standard, CORS-safelisted request-header). Browsers ask before every DELETE.
 */
export function isWriteOfProgram(method: string, headers: RequestHeaders): boolean {
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return true;
  return /^application\/json *(;|$)/i.test(String(headers['content-type']).trim());
}
