import type { Proxy, ServerAddress } from '@app/http2';
import { createSecureContext, rootCertificates } from 'node:tls';

/** The address of a gateway, and the way to check its certificate. */
export interface Origin extends ServerAddress {
  /** `https://host:port`, or `http://host:port` for HTTP/2 in clear text. */
  readonly href: string;
}

/** Says what connections to a URL go through. */
export interface Proxies {
  for(url: string): Proxy | undefined;
}

/** Parses a URL. @param ca PEM certificates trusted besides Node's own roots: simulator, proxy and gateways have one option */
export function originOf(url: string, ca?: string, proxies?: Proxies): Origin {
  const { protocol, hostname, port, origin } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new TypeError(`A gateway URL begins with https:// or http://, not ${protocol}//`);
  }
  const secure = protocol === 'https:';
  return {
    href: origin,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    proxy: proxies?.for(url),
    // The context is made once: parsing all root certificates again for every connection takes 20 ms.
    tls: secure
      ? createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ca] })
      : undefined,
  };
}
