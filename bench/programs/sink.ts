import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import { SystemClock } from '@app/core';
import { createTlsIdentity } from '../../apps/simulator/src';

/**
 * Runs `sink.ts <apns | fcm> <latency ms>` in a process of its own: a gateway that accepts everything. It knows no more of
 * HTTP/2 than how to find the end of a request, lest it be what limits those that are measured: a server of node:http2
 * takes 45 µs a request, this one a few. Prints its URL and its CA as one line of JSON.
 */
const [gateway, latency] = process.argv.slice(2);
const latencyMs = Number(latency ?? 0);
const prefaceBytes = 24;
const headerBytes = 9;
const [data, headers, settings, ping, windowUpdate] = [0, 1, 4, 6, 8];
const endStream = 1;
const ack = 1;

const hello = Buffer.concat([
  frame(settings, 0, 0, [0, 3, 0, 0, 0x03, 0xe8]), // MAX_CONCURRENT_STREAMS 1000
  frame(windowUpdate, 0, 0, [0x7f, 0, 0, 0]),
]);
const fcmAnswer = JSON.stringify({
  name: 'projects/bench/messages/0:1500415314455276%31bd1c9631bd1c96',
});
const accessToken = JSON.stringify({ access_token: 'bench', expires_in: 3_600 });
/** `:status 200`; HEADERS with END_HEADERS, and with END_STREAM where no DATA follows. */
const accepted =
  gateway === 'fcm'
    ? [frame(headers, 4, 0, [0x88]), frame(data, endStream, 0, Buffer.from(fcmAnswer))]
    : [frame(headers, 4 | endStream, 0, [0x88])];
const answerBytes = Buffer.concat(accepted);

void createTlsIdentity(new SystemClock()).then(({ key, cert, ca }) => {
  const server = createServer(
    { key, cert, ALPNProtocols: ['h2', 'http/1.1'], noDelay: true },
    (socket) => {
      if (socket.alpnProtocol !== 'h2') {
        giveToken(socket);
        return;
      }
      let rest: Buffer = Buffer.alloc(0);
      let toSkip = prefaceBytes;
      let received = 0;
      const answer = (streamIds: readonly number[]) => {
        const answers = Buffer.allocUnsafe(streamIds.length * answerBytes.length);
        let at = 0;
        for (const id of streamIds) {
          answerBytes.copy(answers, at);
          for (const { length } of accepted) {
            answers.writeUInt32BE(id, at + 5);
            at += length;
          }
        }
        if (!socket.destroyed) socket.write(answers);
      };
      socket.on('error', () => undefined);
      socket.write(hello);
      socket.on('data', (chunk: Buffer) => {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        const ended: number[] = [];
        let at = Math.min(toSkip, bytes.length);
        toSkip -= at;
        while (bytes.length - at >= headerBytes) {
          const end = at + headerBytes + bytes.readUIntBE(at, 3);
          if (end > bytes.length) break;
          const [type, flags] = [bytes[at + 3] ?? 0, bytes[at + 4] ?? 0];
          if (type === data || type === headers) {
            if (type === data) received += end - at - headerBytes;
            if ((flags & endStream) !== 0) ended.push(bytes.readUInt32BE(at + 5));
          } else if ((flags & ack) === 0) {
            if (type === settings) socket.write(frame(settings, ack, 0, []));
            if (type === ping)
              socket.write(frame(ping, ack, 0, bytes.subarray(at + headerBytes, end)));
          }
          at = end;
        }
        rest = bytes.subarray(at);
        if (received > 0x2000_0000) {
          const increment = Buffer.alloc(4);
          increment.writeUInt32BE(received);
          socket.write(frame(windowUpdate, 0, 0, increment));
          received = 0;
        }
        if (ended.length === 0) return;
        if (latencyMs === 0) answer(ended);
        else setTimeout(answer, latencyMs, ended);
      });
    },
  );
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The sink has no port');
    process.stdout.write(`${JSON.stringify({ url: `https://localhost:${address.port}`, ca })}\n`);
  });
});

/** Answers what comes to FCM's token endpoint, which is asked in HTTP/1.1. */
function giveToken(socket: Socket): void {
  socket
    .on('error', () => undefined)
    .once('data', () => {
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${accessToken.length}\r\n\r\n${accessToken}`);
    });
}

function frame(type: number, flags: number, id: number, payload: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(headerBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  bytes.set(payload, headerBytes);
  return bytes;
}
