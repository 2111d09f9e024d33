import { AddressList, isAddressOrRange } from './address-list';

/** A proxy that opens tunnels (CONNECT, RFC 9110 §9.3.6). Its credentials show in no log, however it gets there. */
export class TunnelProxy {
  readonly #authorization: string | undefined;

  constructor(
    readonly host: string,
    readonly port: number,
    authorization: string | undefined,
  ) {
    this.#authorization = authorization;
  }

  /** The value of Proxy-Authorization (RFC 7617), where the proxy wants one. */
  get authorization(): string | undefined {
    return this.#authorization;
  }
}

/** A destination to which connections go without the proxy. */
export type ProxyException = (host: string, port: number) => boolean;

const hostName = /^(?:\*?\.)?((?:[a-z0-9_-]+\.)*[a-z0-9_-]+)\.?$/i;
const withPort = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/;

/** Reads `[http://][user:password@]host[:port]`. @returns undefined for anything else */
export function tunnelProxyOf(text: string): TunnelProxy | undefined {
  const href = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(href)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(href);
  if (protocol !== 'http:' || hostname === '' || (pathname + search + hash).length > 1) {
    return undefined;
  }
  const authorization = basicOf(username, password);
  if (authorization === null) return undefined;
  return new TunnelProxy(bare(hostname), port === '' ? 80 : Number(port), authorization);
}

/** Reads an entry of NO_PROXY, see `.env.example`. @returns undefined for what is none */
export function proxyExceptionOf(entry: string): ProxyException | undefined {
  if (entry === '*') return () => true;
  if (isAddressOrRange(entry)) return rangeOf(entry, undefined);
  const [, address, name, portText] = withPort.exec(entry) ?? [];
  const only = portText === undefined ? undefined : Number(portText);
  const range = address ?? name ?? '';
  if (isAddressOrRange(range)) return rangeOf(range, only);
  const suffix = hostName.exec(name ?? '')?.[1]?.toLowerCase();
  if (suffix === undefined) return undefined;
  return (host, port) =>
    (only ?? port) === port && (host === suffix || host.endsWith(`.${suffix}`));
}

const loopback = ['localhost', '127.0.0.0/8', '::1'].flatMap(
  (entry) => proxyExceptionOf(entry) ?? [],
);

/** Says which connections go through the proxy: all but those to this machine and to the exceptions. */
export class ProxyRules {
  constructor(
    private readonly proxy: TunnelProxy | undefined,
    private readonly exceptions: readonly ProxyException[],
  ) {}

  /** @param port of the URL, or what is usual for its scheme */
  for(url: string): TunnelProxy | undefined {
    if (this.proxy === undefined) return undefined;
    const { protocol, hostname, port } = new URL(url);
    const host = bare(hostname).replace(/\.$/, '');
    const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
    const isException = [...loopback, ...this.exceptions].some((one) => one(host, number));
    return isException ? undefined : this.proxy;
  }
}

function rangeOf(range: string, only: number | undefined): ProxyException {
  const list = new AddressList([range]);
  return (host, port) => (only ?? port) === port && list.has(host);
}

/** @returns undefined without credentials, null for some that can't be read */
function basicOf(username: string, password: string): string | undefined | null {
  if (username === '' && password === '') return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    return null;
  }
}

/** Takes the brackets off an address of IPv6. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}
