import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Actor, assertServiceConfig, loadConfig, runProcess } from '@app/core';
import { startApi } from '../../apps/api/src/start';

/**
 * Runs `upload-server.ts <database URL>`: the API, and beside it a server that tells how much memory the process has.
 * Prints both URLs in one line of JSON with the password of the first operator.
 */
const [databaseUrl = ''] = process.argv.slice(2);
const email = 'bench@example.com';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

void runProcess(async () => {
  const config = loadConfig({
    PORT: '0',
    LOG_LEVEL: 'error',
    DATABASE_URL: databaseUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
  });
  assertServiceConfig(config);
  const api = await startApi(config);
  const password = randomBytes(18).toString('base64url');
  await api.operators.create(Actor.system('bench'), { email, role: 'OWNER', password });

  let peakBytes = 0;
  const sample = () => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss()));
  const timer = setInterval(sample, 10);
  /** Answers GET with the peak since the last POST; POST collects garbage and begins anew. */
  const memory = createServer((request, response) => {
    if (request.method === 'POST') {
      collectGarbage();
      peakBytes = 0;
    }
    response.end(String(sample()));
  });
  await new Promise<void>((resolve) => memory.listen(0, '127.0.0.1', resolve));
  const memoryUrl = `http://127.0.0.1:${(memory.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ url: api.url, memoryUrl, email, password })}\n`);
  return {
    close: async () => {
      clearInterval(timer);
      memory.close();
      await api.close();
    },
  };
});
