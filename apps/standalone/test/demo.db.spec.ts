import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

describe('the demo', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon demo '));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs it until it says so, and then presses Ctrl-C. */
  async function runUntil(saying: string) {
    const { code, lines, errors } = await run(['--devices', '5000'], saying);
    expect(code).toBe(0);
    expect(errors).toEqual([]);
    return lines;
  }

  async function run(words: readonly string[], until?: string) {
    const { PATH } = process.env;
    const ports = {
      PORT: '0',
      SIMULATOR_APNS_PORT: '0',
      SIMULATOR_FCM_PORT: '0',
      SIMULATOR_CONTROL_PORT: '0',
    };
    const child = spawn(process.execPath, [join(__dirname, '../launch.mjs'), 'demo', ...words], {
      env: { PATH, DATA_DIR: folder, ...ports },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors: string[] = [];
    const lines: string[] = [];
    createInterface(child.stderr).on('line', (line) => errors.push(line));
    const ended = once(child, 'exit');
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (until !== undefined && line.startsWith(until)) child.kill('SIGINT');
    });
    await ended;
    return {
      code: child.exitCode,
      lines,
      errors: errors.filter((line) => !line.startsWith('Compiling')),
    };
  }

  it('refuses what is no number of devices before it starts anything', async () => {
    const { code, errors } = await run(['--devices', '0', '--once']);
    expect(errors).toEqual([
      'Carillon does not start:',
      '  --devices: wants a whole number from 1 to 1000000, got 0',
    ]);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'demo'))).toBe(false);
  });

  it('ends with its PostgreSQL when Ctrl-C comes in the middle of the show', async () => {
    await runUntil('Carillon demo: ');
    const cluster = join(folder, 'demo', 'postgres', 'cluster');
    expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(true);
    expect(existsSync(join(cluster, 'postmaster.pid'))).toBe(false);
  });

  it('shows a campaign to the end, in the folder of one that was cut off, and the ledger agrees with the database', async () => {
    const lines = await runUntil('Still running');
    const figures = lines.filter((line) => /^ {2}[^ ] .*: \d+/.test(line));
    expect(figures).toHaveLength(7);
    expect(figures[0]).toBe('  ✔ every device has a final outcome: 5000');
    expect(figures.filter((line) => !line.startsWith('  ✔ '))).toEqual([]);
  });
});
