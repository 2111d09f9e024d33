import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@app/testing/database';
import { until } from '@app/testing/time';

const root = join(__dirname, '../../..');

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

it('a worker of several processes shares its duties among them, notifications before campaigns, and leaves none behind when it is killed', async () => {
  const parent = spawn(process.execPath, [join(root, 'apps/standalone/launch.mjs'), 'worker'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      MASTER_KEY: randomBytes(32).toString('base64'),
      WORKER_PROCESSES: '2',
      NODE_ENV: 'production',
    },
  });
  let output = '';
  parent.stdout.on('data', (text) => (output += String(text)));
  // Its children have its output as well: it is closed when the last of them has ended.
  const ended = new Promise((resolve) => parent.once('close', resolve));
  try {
    const pidOf = (duty: string) =>
      Number(RegExp(`"pid":(\\d+).*Started for ${duty}`).exec(output)?.[1]);
    await until(() => pidOf('notifications') > 0 && pidOf('campaigns') > 0);
    expect(getPriority(pidOf('campaigns'))).toBeGreaterThan(getPriority(pidOf('notifications')));
  } finally {
    parent.kill('SIGKILL');
    await ended;
  }
  expect(output.match(/"message":"Stopped"/g)).toHaveLength(2);
});
