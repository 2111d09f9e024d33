import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { freePort } from './free-port';

export interface RedisServer {
  readonly url: string;
  /** Freezes the server: it keeps its connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** How many test files one run can give a database of their own. */
const databases = 4096;

/**
 * @param givenPort any free one if absent
 * @returns undefined where redis-server is not installed
 */
export async function startRedis(givenPort?: number): Promise<RedisServer | undefined> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined;
  const port = givenPort ?? (await freePort());
  const settings = {
    port,
    databases,
    bind: '127.0.0.1',
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('redis-server', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: tmpdir(),
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout.on('data', (text: Buffer) => {
      said += String(text);
      if (said.includes('Ready to accept connections')) resolve();
    });
    server.once('exit', () => {
      reject(new Error(`redis-server ended:\n${said}`));
    });
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => {
      server.kill('SIGSTOP');
    },
    thaw: () => {
      server.kill('SIGCONT');
    },
    stop: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      // A frozen one gets its signal when it goes on.
      server.kill();
      server.kill('SIGCONT');
      await once(server, 'exit');
    },
  };
}
