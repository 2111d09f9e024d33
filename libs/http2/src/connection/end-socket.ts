import type { Duplex } from 'node:stream';

/** How long a peer may take to read our last words. */
const lingerMs = 1_000;

/** Closes a socket after what was written. It isn't destroyed at once: with bytes unread, its peer might never see our GOAWAY. */
export function endSocket(socket: Duplex): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
}
