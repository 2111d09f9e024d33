import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { Http2Pool } from './http2-pool';
import { originOf } from './origin';
import { identity, LoopbackGateway } from '../testing/loopback-gateway';

const timings = { firstBackoffMs: 1, maxBackoffMs: 1 };
const post = (pool: Http2Pool) => pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x');

describe('A connection to a gateway', () => {
  it('goes on with the TLS session of the one before, of the same pool only', async () => {
    const gateway = await LoopbackGateway.start();
    const pools = [1, 2].map(() => new Http2Pool(originOf(gateway.url, gateway.ca), { timings }));
    for (const pool of pools) {
      while ('class' in (await post(pool)));
      gateway.kill();
      while ('class' in (await post(pool)));
    }
    expect(gateway.resumed).toEqual([false, true, false, true]);
    for (const pool of pools) await pool.close(0);
    await gateway.stop();
  });

  it.each([
    ['knows nothing of ALPN', undefined],
    ['has HTTP/1.1 only', ['http/1.1']],
  ])('tells of a peer without HTTP/2, which %s', async (_, protocols) => {
    const { cert, key } = await identity();
    const server = createServer({ cert, key, ...(protocols && { ALPNProtocols: protocols }) });
    server.on('tlsClientError', () => undefined);
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = new Http2Pool(originOf(`https://localhost:${port}`, cert), { timings });
    expect(await post(pool)).toMatchObject({
      class: 'transport',
      reason: 'TlsFailure',
      sent: false,
      detail: expect.stringMatching(/ALPN|no application protocol/) as string,
    });
    await pool.close(0);
    server.close();
  });
});
