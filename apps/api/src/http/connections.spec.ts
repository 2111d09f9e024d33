import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { loadConfig } from '@app/core';
import { boundConnections } from './connections';

let server: Server;
const sockets: Socket[] = [];

async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  server = createServer((_, response) => response.end('served'));
  boundConnections(server, loadConfig({ PUBLIC_URL: 'https://push.example.com', ...environment }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** Connects from an address of this machine. @returns the answer: to a request, or to the connection itself */
async function connectFrom(localAddress: string) {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return {
    socket,
    answer: async () => {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      return String(((await once(socket, 'data')) as [Buffer])[0]);
    },
    refusal: async () => String(((await once(socket, 'data')) as [Buffer])[0]),
  };
}

describe('connections', () => {
  it('of one address are bounded, and those of another are served', async () => {
    await start({ CONNECTIONS_PER_ADDRESS: '3' });
    const first = await Promise.all(['127.0.0.2', '127.0.0.2', '127.0.0.2'].map(connectFrom));
    for (const { answer } of first) expect(await answer()).toMatch(/served$/);
    const fourth = await connectFrom('127.0.0.2');
    const said = await fourth.refusal();
    expect(said).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(said).toMatch(/CONNECTIONS_PER_ADDRESS/);
    expect(said).toMatch(/^x-content-type-options: nosniff\r$/m);
    expect(said).toMatch(/^strict-transport-security: max-age=31536000\r$/m);
    expect(await (await connectFrom('127.0.0.4')).answer()).toMatch(/served$/);
    // One that has gone makes room.
    first[0]?.socket.destroy();
    for (let isServed = false; !isServed;) {
      const next = await connectFrom('127.0.0.2');
      isServed = (await next.answer().catch(() => '')).endsWith('served');
    }
  });

  it('of a trusted proxy are not', async () => {
    await start({ CONNECTIONS_PER_ADDRESS: '1', TRUSTED_PROXIES: '127.0.0.3' });
    const proxied = await Promise.all(Array.from({ length: 5 }, () => connectFrom('127.0.0.3')));
    for (const { answer } of proxied) expect(await answer()).toMatch(/served$/);
  });

  it('of all are bounded, those of proxies included', async () => {
    await start({ CONNECTIONS: '2', TRUSTED_PROXIES: '127.0.0.3' });
    await (await connectFrom('127.0.0.2')).answer();
    await (await connectFrom('127.0.0.3')).answer();
    for (const address of ['127.0.0.3', '127.0.0.4']) {
      expect(await (await connectFrom(address)).refusal()).toMatch(
        /^HTTP\/1\.1 503 Service Unavailable\r\n/,
      );
    }
  });

  it('are not bounded where the configuration says 0', async () => {
    await start({ CONNECTIONS: '0', CONNECTIONS_PER_ADDRESS: '0' });
    const all = await Promise.all(Array.from({ length: 50 }, () => connectFrom('127.0.0.2')));
    for (const { answer } of all) expect(await answer()).toMatch(/served$/);
  });

  it('that are refused are not served what they have sent, and leave nothing open', async () => {
    await start({ CONNECTIONS_PER_ADDRESS: '1' });
    await (await connectFrom('127.0.0.2')).answer();
    let served = 0;
    server.on('request', () => (served += 1));
    for (let n = 0; n < 10; n += 1) {
      const { socket } = await connectFrom('127.0.0.2');
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      socket.resume();
      await once(socket, 'close');
    }
    expect(served).toBe(0);
  });
});
