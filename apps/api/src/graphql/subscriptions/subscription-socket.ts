import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { addressBlock, AddressList, Clock, Config } from '@app/core';
import { Logger } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { Authenticator } from '../../access/authenticator';
import { Loaders } from '../kit/loaders';
import { OperationPolicy } from '../policy/operation-policy';
import { callerAddress } from '../../http/caller-address';
import { declineUpgrade } from '../../http/decline-upgrade';
import { isOwnOrigin } from '../../http/origins';
import { rawAnswer } from '../../http/raw-answer';
import { subscriptionProtocol } from './subscription-protocol';

/** Matches the path as the router does for requests. */
const path = /^\/graphql\/?(?:\?|$)/;

/** The longest message of a client. */
const largestMessageBytes = 64 * 1024;

/** The most bytes that a client has not read yet. */
const mostUnreadBytes = 1024 * 1024;

/** How often a client is pinged. One that has not answered when the next ping is due is gone, or does not read. */
const pingEveryMs = 12_000;

/** The most sockets of one address block: a whole office may come from one; more is an attack. */
const mostSocketsPerBlock = 200;

/** How long a client may take for the closing handshake. */
const closeWithinMs = 1_000;

/**
 * Serves subscriptions, and nothing else, by the graphql-ws protocol. Every other offer of an upgrade is ignored.
 * @returns a function that ends it: no socket is left when it is done
 */
export function serveSubscriptions(app: NestFastifyApplication): () => Promise<void> {
  const protocol = makeServer(
    subscriptionProtocol(
      app.get(GraphQLSchemaHost).schema,
      app.get(Authenticator, { strict: false }),
      app.get(Loaders, { strict: false }),
      app.get(OperationPolicy, { strict: false }),
      app.get<Clock>(Clock, { strict: false }),
    ),
  );
  const config = app.get(Config, { strict: false });
  const trustedProxies = new AddressList(config.trustedProxies);
  const logger = new Logger('Subscriptions');
  const server: Server = app.getHttpServer();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessageBytes,
    handleProtocols,
  });
  const perBlock = new Map<string, number>();

  const onUpgrade = (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    if (!wantsSubscriptions(request)) {
      declineUpgrade(server, request, connection, head);
      return;
    }
    const turnAway = (status: number, detail: string) => {
      connection.end(rawAnswer(config, status, detail), () => connection.destroy());
    };
    if (!isOwnOrigin(request.headers.origin, config)) {
      turnAway(403, 'Pages of this Origin may not subscribe');
      return;
    }
    const address = callerAddress(request, trustedProxies);
    const block = addressBlock(address ?? '');
    const others = perBlock.get(block) ?? 0;
    if (others >= mostSocketsPerBlock) {
      turnAway(429, `${block} has ${others} sockets, as many as it may`);
      return;
    }
    sockets.handleUpgrade(request, connection, head, (socket) => {
      perBlock.set(block, (perBlock.get(block) ?? 0) + 1);
      socket.once('close', () => {
        const left = (perBlock.get(block) ?? 1) - 1;
        if (left === 0) perBlock.delete(block);
        else perBlock.set(block, left);
      });
      keepReading(socket);
      serve(socket, address);
    });
  };

  function serve(socket: WebSocket, address: string | undefined): void {
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => {
          socket.close(code, reason);
        },
        onMessage: (take) => {
          socket.on('message', (data: RawData) => {
            take(textOf(data)).catch((error: unknown) => {
              logger.error('A message was not served', error);
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          });
        },
      },
      { socket, address },
    );
    socket.once('close', (code, reason) => void closed(code, String(reason)));
  }

  server.on('upgrade', onUpgrade);
  return async () => {
    server.off('upgrade', onUpgrade);
    await closeAll(sockets);
  };
}

function wantsSubscriptions({ headers, url = '' }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket' && path.test(url);
}

/** Waits until the text is written, so that whoever makes the next message does not outrun the reader. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    // What fails is a connection that is gone; its end is heard of elsewhere.
    socket.send(text, () => {
      resolve();
    });
  });
}

function textOf(data: RawData): string {
  return Array.isArray(data)
    ? Buffer.concat(data).toString()
    : Buffer.from(data as Buffer).toString();
}

/** Drops a client that does not read what it is sent, or is gone. */
function keepReading(socket: WebSocket): void {
  let hasAnswered = true;
  const dropWhenUnread = () => {
    if (socket.bufferedAmount > mostUnreadBytes) socket.terminate();
  };
  const ping = setInterval(() => {
    dropWhenUnread();
    if (!hasAnswered) socket.terminate();
    hasAnswered = false;
    if (socket.readyState === socket.OPEN) socket.ping();
  }, pingEveryMs);
  socket
    .on('pong', () => {
      hasAnswered = true;
    })
    .on('message', dropWhenUnread)
    .on('ping', dropWhenUnread)
    .on('error', () => undefined) // a malformed or too large frame: ws has closed the socket
    .once('close', () => {
      clearInterval(ping);
    });
}

async function closeAll(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(1001, 'Going away');
  const late = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, closeWithinMs);
  await new Promise((resolve) => {
    sockets.close(resolve);
  });
  clearTimeout(late);
}
