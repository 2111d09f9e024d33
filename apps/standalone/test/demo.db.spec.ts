import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

describe('the demo', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon demo '));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends with its PostgreSQL when Ctrl-C comes in the middle of the show', async () => {
    const { PATH } = process.env;
    const ports = {
      PORT: '0',
      SIMULATOR_APNS_PORT: '0',
      SIMULATOR_FCM_PORT: '0',
      SIMULATOR_CONTROL_PORT: '0',
    };
    const child = spawn(process.execPath, [join(__dirname, '../launch.mjs'), 'demo'], {
      env: { PATH, DATA_DIR: folder, ...ports },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors: string[] = [];
    createInterface(child.stderr).on('line', (line) => errors.push(line));
    const ended = once(child, 'exit');
    const cluster = join(folder, 'demo', 'postgres', 'cluster');
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('Carillon demo: ')) child.kill('SIGINT');
    });
    expect(await ended).toEqual([0, null]);
    expect(errors.filter((line) => !line.startsWith('Compiling'))).toEqual([]);
    expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(true);
    expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(false);
  });
});
