import { createSecureServer } from 'node:http2';
import { SystemClock } from '@app/core';
import { createTlsIdentity } from '../apps/simulator/src';

/**
 * Runs `sink.ts <latency ms>` in a process of its own: a gateway that accepts everything, as cheaply as node:http2 can.
 * Prints its URL and its CA as one line of JSON.
 */
const latencyMs = Number(process.argv[2] ?? 0);
const accepted = { ':status': 200 };

void createTlsIdentity(new SystemClock()).then(({ key, cert, ca }) => {
  const server = createSecureServer({
    key,
    cert,
    settings: { maxConcurrentStreams: 1000 },
    // Node refuses streams with ENHANCE_YOUR_CALM above 10 MB a session.
    maxSessionMemory: 1000,
  });
  server.on('stream', (stream) => {
    const answer = () => {
      stream.respond(accepted, { endStream: true });
    };
    stream.on('error', () => undefined);
    // An answer before the request's end would reset the stream.
    stream.on('end', () => {
      if (latencyMs === 0) answer();
      else setTimeout(answer, latencyMs);
    });
    stream.resume();
  });
  server.on('sessionError', () => undefined);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The sink has no port');
    process.stdout.write(`${JSON.stringify({ url: `https://localhost:${address.port}`, ca })}\n`);
  });
});
