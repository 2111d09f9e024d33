import { request, STATUS_CODES } from 'node:http';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecure, type SecureContext } from 'node:tls';

/** A proxy that opens tunnels by CONNECT, RFC 9110 §9.3.6. */
export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** The value of Proxy-Authorization, where it wants one. */
  readonly authorization: string | undefined;
}

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** How its certificate is checked; undefined for clear text. */
  readonly tls: SecureContext | undefined;
  /** What the connection goes through; undefined for nothing. */
  readonly proxy?: Proxy | undefined;
}

/** Who wants a socket, and is told of it once, by one of them. */
export interface Opened<S> {
  /** The socket is open. It is the caller's from now on, with all its events. */
  connected(socket: S): void;
  failed(error: NodeJS.ErrnoException | undefined): void;
}

/** A socket that is not open yet. */
export interface Opening {
  /** Gives it up; nobody is told. */
  destroy(): void;
}

/** Opens the socket of a connection. */
export type Dial = (server: ServerAddress, opened: Opened<Duplex>) => Opening;

/** Opens one on which HTTP/2 can begin. */
export const dial: Dial = (server, opened) => openSocket(server, 'h2', opened);

type Alpn = 'h2' | 'http/1.1';

/** A peer with which there is no HTTP/2: it did not agree on `h2` by ALPN (RFC 9113 §3.2). */
class NoHttp2Error extends Error {
  readonly code = 'ERR_TLS_NO_HTTP2';

  constructor() {
    super('the peer does not speak HTTP/2 (ALPN)');
  }
}

/** A proxy that opens no tunnel: it wants other credentials, forbids the host, or does not reach it. */
class ProxyRefusedError extends Error {
  readonly code = 'ERR_PROXY_REFUSED';

  constructor(status: number) {
    super(`the proxy answers ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd());
  }
}

/** How long one of a name's addresses is tried before the next. */
const attemptTimeoutMs = 1_000;

/** The newest TLS session of HTTP/2 with each server. A resumed one checks no certificate again, so none is kept for anything else. */
const sessions = new WeakMap<ServerAddress, Buffer>();

/** Opens a socket to a server; names are looked up anew each time, and all their addresses are tried. */
export function openSocket(server: ServerAddress, alpn: Alpn, opened: Opened<Socket>): Opening {
  const { host, port, tls, proxy } = server;
  if (proxy !== undefined) return openTunnel(server, proxy, alpn, opened);
  const target = { ...wayTo(host, port), noDelay: true };
  if (tls === undefined) {
    const socket = connectPlain(target);
    return tellOf(socket, 'connect', opened);
  }
  return secure(server, tls, alpn, target, opened);
}

function openTunnel(
  server: ServerAddress,
  { host, port, authorization }: Proxy,
  alpn: Alpn,
  opened: Opened<Socket>,
): Opening {
  const destination = `${isIP(server.host) === 6 ? `[${server.host}]` : server.host}:${server.port}`;
  let isOver = false;
  let current: Opening;
  const end = (error: Error) => {
    if (isOver) return;
    isOver = true;
    opened.failed(error);
  };
  const tunnel = request({
    ...wayTo(host, port),
    agent: false,
    method: 'CONNECT',
    path: destination,
    headers: {
      host: destination,
      ...(authorization !== undefined && { 'proxy-authorization': authorization }),
    },
  });
  tunnel.on('error', ({ code, name, message }: NodeJS.ErrnoException) => {
    // Of several addresses that can't be reached, Node's error has no message of its own.
    end(Object.assign(new Error(`proxy: ${message || (code ?? name)}`), { code }));
  });
  tunnel.on('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
    if (statusCode < 200 || statusCode > 299) {
      socket.destroy();
      end(new ProxyRefusedError(statusCode));
      return;
    }
    isOver = true;
    socket.setNoDelay(true);
    // A server of TLS speaks second; whatever else comes at once is for TLS to refuse.
    if (head.length > 0) socket.unshift(head);
    if (server.tls === undefined) opened.connected(socket);
    else current = secure(server, server.tls, alpn, { socket }, opened);
  });
  tunnel.end();
  current = tunnel;
  return {
    destroy: () => {
      isOver = true;
      current.destroy();
    },
  };
}

function secure(
  server: ServerAddress,
  tls: SecureContext,
  alpn: Alpn,
  target: object,
  opened: Opened<Socket>,
): Opening {
  const session = alpn === 'h2' ? sessions.get(server) : undefined;
  const socket = connectSecure({
    ...target,
    // In a tunnel too: the certificate is the server's, not the proxy's.
    host: server.host,
    port: server.port,
    secureContext: tls,
    ALPNProtocols: [alpn],
    // RFC 6066 §3: a name, never an address.
    ...(isIP(server.host) === 0 && { servername: server.host }),
    ...(session !== undefined && { session }),
  });
  if (alpn === 'h2') {
    socket.on('session', (ticket) => sessions.set(server, ticket));
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== alpn) socket.destroy(new NoHttp2Error());
    });
  }
  return tellOf(socket, 'secureConnect', opened);
}

/** Tells of a socket once. @param event says that it is open */
function tellOf(socket: Socket, event: string, opened: Opened<Socket>): Opening {
  const fail = (error?: NodeJS.ErrnoException | boolean) => {
    forget();
    socket.on('error', () => undefined);
    opened.failed(typeof error === 'object' ? error : undefined);
  };
  const open = () => {
    if (socket.destroyed) return;
    forget();
    opened.connected(socket);
  };
  const forget = () => {
    socket.off(event, open).off('error', fail).off('close', fail);
  };
  socket.on(event, open).on('error', fail).on('close', fail);
  return {
    destroy: () => {
      forget();
      socket.on('error', () => undefined);
      socket.destroy();
    },
  };
}

function wayTo(host: string, port: number) {
  return {
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
  };
}
