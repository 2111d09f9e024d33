import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerHttp2Session } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@app/testing/free-port';
import type { Answer } from './exchange';
import { Http2Pool } from './http2-pool';
import { originOf } from './origin';
import type { Fault } from '../gateway/outcome';
import { Relay, slowly } from '../testing/relay';

const requests = 10_000;
/** Over a wire that is read slowly: fewer than bring a GOAWAY, with more in each. */
const slowRequests = 900;

/** Servers that others wrote, each led to what it seldom does by itself. */
const servers: Record<
  string,
  { program: string; args: (port: number, folder: string) => string[] }
> = {
  'nghttpd, with small windows, a small table and padding': {
    program: '/usr/sbin/nghttpd',
    args: (port) => [
      ...['--no-tls', '--echo-upload', '--address=127.0.0.1', '--max-concurrent-streams=50'],
      ...['--window-bits=8', '--connection-window-bits=16', '--header-table-size=64'],
      ...['--padding=100', String(port)],
    ],
  },
  'nginx, which says GOAWAY after each 1000 requests': {
    program: '/usr/sbin/nginx',
    args: (port, folder) => ['-p', folder, '-c', nginxConfig(port, folder)],
  },
  'haproxy, with small windows': {
    program: '/usr/sbin/haproxy',
    args: (port, folder) => ['-db', '-f', haproxyConfig(port, folder)],
  },
};

describe('Requests are answered one and all by', () => {
  let child: ChildProcess | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'carillon-interop-'));

  afterEach(async () => {
    if (child?.exitCode === null && child.kill()) await once(child, 'exit');
    child = undefined;
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [name, { program, args }] of Object.entries(servers)) {
    (existsSync(program) ? it : it.skip)(name, async () => {
      const port = await freePort();
      child = spawn(program, args(port, folder), { stdio: ['ignore', 'ignore', 'inherit'] });
      await listening(port, child);
      await expectAnswers(port, requests, 'x'.repeat(1_000));
      await expectAnswersOverSlowWire(port);
    });
  }

  it('node:http2, with windows of 300 bytes for bodies of 10 kB', async () => {
    const server = createServer({ settings: { initialWindowSize: 300 } });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      stream.resume();
      stream.on('end', () => {
        if (stream.destroyed) return;
        stream.respond({ ':status': 200 });
        stream.end(headers['x-id']);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      await expectAnswers(port, 3_000, 'x'.repeat(10_000));
    } finally {
      server.close();
    }
  });

  it('node:http2, which says GOAWAY now and then', async () => {
    const server = createServer({ settings: { maxConcurrentStreams: 100, headerTableSize: 100 } });
    let seen = 0;
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      stream.resume();
      stream.respond({ ':status': 200 });
      stream.end(headers['x-id']);
      if (++seen % 3_000 === 0) stream.session?.close();
    });
    const sessions: ServerHttp2Session[] = [];
    server.on('session', (session) => sessions.push(session));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expectAnswers(port, requests, 'x'.repeat(1_000));
    expect(sessions.length).toBeGreaterThan(3);
    await expectAnswersOverSlowWire(port);
    server.close();
  });

  async function expectAnswersOverSlowWire(port: number): Promise<void> {
    const relay = new Relay(port, slowly);
    await expectAnswers(await relay.start(), slowRequests, 'x'.repeat(10_000));
    await relay.stop();
  }

  /** Those of a server that repeats either the body or the field `x-id`. */
  async function expectAnswers(port: number, count: number, body: string): Promise<void> {
    const pool = new Http2Pool(originOf(`http://127.0.0.1:${port}`));
    const head = { ':method': 'POST', ':path': '/', 'x-shared': 'a'.repeat(50) };
    const wrong: (Answer | Fault)[] = [];
    let next = 0;
    const caller = async () => {
      while (next < count) {
        const id = String(next++);
        let answer = await pool.post(head, { 'x-id': id }, body);
        // The pool repeats what was not processed once, and each GOAWAY may meet it again.
        while ('class' in answer && answer.sent === false && answer.reason === 'RefusedStream') {
          answer = await pool.post(head, { 'x-id': id }, body);
        }
        const text = 'status' in answer && answer.status === 200 ? answer.body : undefined;
        if (text !== id && text !== body) wrong.push(answer);
      }
    };
    await Promise.all(Array.from({ length: 150 }, caller));
    await pool.close();
    expect(wrong.slice(0, 3)).toEqual([]);
  }
});

async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise((resolve) => {
      socket.on('connect', () => {
        resolve(true);
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    socket.destroy();
    if (isThere === true) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${child.spawnfile} did not start`);
}

function nginxConfig(port: number, folder: string): string {
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder};`,
  );
  writeFileSync(
    file,
    `daemon off; master_process off; error_log stderr crit; pid ${folder}/nginx.pid;
     events {}
     http { access_log off; ${temporary.join(' ')}
       server { listen 127.0.0.1:${port} http2; location / { return 200 $http_x_id; } } }`,
  );
  return file;
}

function haproxyConfig(port: number, folder: string): string {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
       tune.h2.initial-window-size 300
       tune.h2.max-concurrent-streams 50
     defaults
       mode http
       timeout client 60s
       timeout connect 60s
       timeout server 60s
       option http-buffer-request
     frontend all
       bind 127.0.0.1:${port} proto h2
       http-request return status 200 content-type text/plain lf-string %[req.hdr(x-id)]\n`,
  );
  return file;
}
