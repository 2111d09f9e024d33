import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { addressBlock, AddressList, type Config, RepeatedLog } from '@app/core';
import { Logger } from '@nestjs/common';
import { rawAnswer } from './raw-answer';

/**
 * Bounds the connections at once: of all, and of each address block, which is what the peer's own address says. Those of
 * trusted proxies carry the requests of many, and only count among all. One too many is answered 429 or 503 and closed
 * before anything of it is read.
 */
export function boundConnections(server: Server, config: Config): void {
  const proxies = new AddressList(config.trustedProxies);
  const most = { ofAll: orAny(config.connections), ofBlock: orAny(config.connectionsPerAddress) };
  const log = new RepeatedLog(new Logger('HTTP'));
  const open = new Set<Socket>();
  const ofBlocks = new Map<string, number>();

  const refuse = (socket: Socket, status: number, detail: string) => {
    log.warn(detail);
    // Both at once: nothing that it has sent is read, and a peer who reads nothing is not waited for.
    socket.write(rawAnswer(config, status, detail));
    socket.destroy();
  };

  const onConnection = (socket: Socket) => {
    if (open.has(socket)) return; // it comes anew after an upgrade that was declined
    const { remoteAddress = '' } = socket;
    const block = proxies.has(remoteAddress) ? undefined : addressBlock(remoteAddress);
    const ofBlock = block === undefined ? 0 : (ofBlocks.get(block) ?? 0);
    if (open.size >= most.ofAll) {
      refuse(socket, 503, `There are ${open.size} connections, as many as CONNECTIONS allows`);
      return;
    }
    if (ofBlock >= most.ofBlock) {
      const many = `${block ?? ''} has ${ofBlock} connections, as many as CONNECTIONS_PER_ADDRESS allows`;
      refuse(socket, 429, many);
      return;
    }
    open.add(socket);
    if (block !== undefined) ofBlocks.set(block, ofBlock + 1);
    socket.once('close', () => {
      open.delete(socket);
      if (block === undefined) return;
      const left = (ofBlocks.get(block) ?? 1) - 1;
      if (left === 0) ofBlocks.delete(block);
      else ofBlocks.set(block, left);
    });
  };

  server.prependListener('connection', onConnection);
}

const orAny = (most: number) => (most === 0 ? Infinity : most);
