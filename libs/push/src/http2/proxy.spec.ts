import { once } from 'node:events';
import { createServer } from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Http2Timings } from './http2-timings';
import { Http2Pool } from './http2-pool';
import { originOf } from './origin';
import { postForm } from '../fcm/token-endpoint';
import type { Fault } from '../gateway/outcome';
import { ConnectProxy } from '../testing/connect-proxy';
import { LoopbackGateway } from '../testing/loopback-gateway';

const authorization = 'Basic bWU6c2VjcmV0';

describe('A connection through a proxy', () => {
  let gateway: LoopbackGateway;
  let proxy: ConnectProxy;
  let address: { host: string; port: number; authorization: string | undefined };
  let pool: Http2Pool;

  beforeEach(async () => {
    gateway = await LoopbackGateway.start();
    proxy = new ConnectProxy();
    address = await proxy.start();
  });

  afterEach(async () => {
    await pool.close(100);
    await proxy.stop();
    await gateway.stop();
  });

  const origin = (url = gateway.url) => originOf(url, gateway.ca, { for: () => address });

  function post(timings: Partial<Http2Timings> = {}) {
    pool = new Http2Pool(origin(), { timings });
    return pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x');
  }

  it('carries requests to the gateway that the proxy was asked for', async () => {
    expect(await post()).toMatchObject({ status: 200 });
    expect(await pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x')).toMatchObject({
      status: 200,
    });
    const destination = `localhost:${gateway.port}`;
    expect(proxy.asked).toEqual([{ destination, authorization: undefined }]);
    expect(gateway.serverNames).toEqual(['localhost']);
  });

  it('has the credentials of the proxy, which are for no one else', async () => {
    address = { ...address, authorization };
    expect(await post()).toMatchObject({ status: 200 });
    expect(proxy.asked).toMatchObject([{ authorization }]);
    expect(gateway.received[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  it('waits for a proxy that is slow', async () => {
    proxy.delayMs = 200;
    expect(await post()).toMatchObject({ status: 200 });
  });

  it.each([
    [407, 'the proxy answers 407 Proxy Authentication Required'],
    [403, 'the proxy answers 403 Forbidden'],
    [502, 'the proxy answers 502 Bad Gateway'],
    [301, 'the proxy answers 301 Moved Permanently'],
    [799, 'the proxy answers 799'],
  ])('fails with a proxy that answers %d', async (status, detail) => {
    address = { ...address, authorization };
    proxy.whim = (socket) => socket.write(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const fault = await post();
    expect(fault).toMatchObject({
      class: 'transport',
      reason: 'ProxyRefused',
      sent: false,
      detail,
    });
    expect(JSON.stringify(fault)).not.toContain('bWU6c2VjcmV0');
  });

  it.each<[string, (socket: Socket) => void, Partial<Fault>]>([
    ['says nothing', () => undefined, { reason: 'ConnectTimeout', detail: 'through the proxy' }],
    [
      'never ends its answer',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nx: '),
      { reason: 'ConnectTimeout', detail: 'through the proxy' },
    ],
    [
      'opens a tunnel to nowhere',
      (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'),
      { reason: 'ConnectTimeout', detail: 'through the proxy' },
    ],
    [
      'hangs up',
      (socket) => socket.destroy(),
      { reason: 'ConnectionLost', detail: 'proxy: socket hang up' },
    ],
    [
      'hangs up after its answer',
      (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'),
      { reason: 'ConnectionLost' },
    ],
    [
      'speaks something else',
      (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
      { reason: 'ConnectionLost' },
    ],
    [
      'answers without end',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`),
      { reason: 'ConnectionLost' },
    ],
    [
      'speaks in place of the gateway, right behind its answer',
      (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n'),
      { reason: 'TlsFailure' },
    ],
  ])('fails with a proxy that %s', async (_, whim, fault) => {
    proxy.whim = whim;
    expect(await post({ connectTimeoutMs: 300 })).toMatchObject({
      class: 'transport',
      sent: false,
      ...fault,
    });
  });

  it('fails without the proxy, whose place nothing takes', async () => {
    await proxy.stop();
    expect(await post()).toMatchObject({
      reason: 'ConnectionRefused',
      sent: false,
      detail: expect.stringContaining('proxy: ') as string,
    });
    expect(gateway.sessions).toHaveLength(0);
  });

  it('wants the certificate of the gateway, not one for the name of the proxy', async () => {
    pool = new Http2Pool(origin(`https://127.0.0.1:${gateway.port}`));
    const fault = await pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x');
    expect(fault).toMatchObject({ reason: 'TlsFailure', sent: false });
  });

  it('takes what the gateway sends right behind the answer of the proxy', async () => {
    const server = createServer((_, response) => {
      response.end();
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    proxy.whim = (near) => {
      const far = connect(port, 'localhost');
      near.on('close', () => far.destroy());
      // Its SETTINGS, which it sends unasked, in one piece with the answer.
      far.once('data', (first: Buffer) => {
        near.write(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), first]));
        far.pipe(near).pipe(far);
      });
    };
    pool = new Http2Pool(origin(`http://localhost:${port}`));
    const answer = await pool.post({ ':method': 'POST' }, { ':path': '/' }, 'x');
    expect(answer).toMatchObject({ status: 200 });
    await pool.close();
    server.close();
  });

  it('is given up when its pool closes while the proxy is silent', async () => {
    proxy.whim = () => undefined;
    const result = post();
    while (proxy.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await pool.close(1_000);
    expect(await result).toMatchObject({ reason: 'Closed', sent: false });
  });

  describe('to the token endpoint', () => {
    beforeEach(() => {
      pool = new Http2Pool(origin());
      gateway.token = (_, response) => response.end('granted');
    });

    it('carries its form', async () => {
      address = { ...address, authorization };
      expect(await postForm(origin(), { a: 'b' })).toEqual({ status: 200, body: 'granted' });
      expect(proxy.asked).toEqual([{ destination: `localhost:${gateway.port}`, authorization }]);
    });

    it('tells of a proxy that refuses', async () => {
      proxy.whim = (socket) => socket.write('HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n');
      await expect(postForm(origin(), { a: 'b' })).rejects.toThrow('the proxy answers 407');
    });
  });
});
