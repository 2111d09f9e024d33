import { connect as connectPlain, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecure, type SecureContext } from 'node:tls';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** How its certificate is checked; undefined for HTTP/2 in clear text. */
  readonly tls: SecureContext | undefined;
}

/** A peer with which there is no HTTP/2: it did not agree on `h2` by ALPN (RFC 9113 §3.2). */
class NoHttp2Error extends Error {
  readonly code = 'ERR_TLS_NO_HTTP2';

  constructor() {
    super('the peer does not speak HTTP/2 (ALPN)');
  }
}

/**
 * Opens a socket to a server; its name is looked up anew each time, and all its addresses are tried.
 * @param connected is called when HTTP/2 can begin on it; what goes wrong is an `error` event of the socket
 */
export type Dial = (server: ServerAddress, connected: () => void) => Duplex;

/** How long one of a name's addresses is tried before the next. */
const attemptTimeoutMs = 1_000;

/** The newest TLS session with each server. A resumed one checks no certificate again, so none is kept for anything else. */
const sessions = new WeakMap<ServerAddress, Buffer>();

export const dial: Dial = (server, connected) => {
  const { host, port, tls } = server;
  const target = {
    host,
    port,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
  };
  if (tls === undefined) return connectPlain(target, connected);

  const session = sessions.get(server);
  const socket = connectSecure({
    ...target,
    secureContext: tls,
    ALPNProtocols: ['h2'],
    // RFC 6066 §3: a name, never an address.
    ...(isIP(host) === 0 && { servername: host }),
    ...(session !== undefined && { session }),
  });
  socket.on('session', (ticket) => sessions.set(server, ticket));
  socket.once('secureConnect', () => {
    if (socket.alpnProtocol === 'h2') connected();
    else socket.destroy(new NoHttp2Error());
  });
  return socket;
};
