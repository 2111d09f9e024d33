import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const offer = new Set(['upgrade', 'http2-settings']);

/**
 * Serves a request as if it had not offered to go over to another protocol, which a server is free to ignore (RFC 9110
 * §7.8). Node hands each such request to the listener for upgrades, once there is one, instead of serving it; Java's
 * HttpClient and `curl --http2` offer HTTP/2 with quite ordinary requests.
 */
export function declineUpgrade(
  server: Server,
  { method = '', url = '', httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const [name = '', value = ''] = rawHeaders.slice(n, n + 2);
    const kept = name.toLowerCase() === 'connection' ? withoutOffer(value) : value;
    if (!offer.has(name.toLowerCase()) && kept !== '') lines.push(`${name}: ${kept}`);
  }
  // The server starts anew with this connection; what it has already read of it comes first.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutOffer(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  return options.filter((option) => !offer.has(option.toLowerCase())).join(', ');
}
