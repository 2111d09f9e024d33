import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { until } from '@app/testing/time';

const root = join(__dirname, '../../../..');

/** The processes of a test, as `libs/core/test` has them. */
class Family {
  readonly ended: Promise<number | null>;
  private readonly parent: ChildProcess;
  private output = '';
  private errors = '';

  constructor(count: number, wanted = '') {
    const program = join(root, 'libs/core/test/parent.ts');
    this.parent = spawn(
      process.execPath,
      [join(root, 'scripts/run-typescript.mjs'), program, String(count)],
      { env: { PATH: process.env.PATH, CHILD: wanted } },
    );
    this.parent.stdout?.on('data', (text) => (this.output += String(text)));
    this.parent.stderr?.on('data', (text) => (this.errors += String(text)));
    // Its children have its output as well: it is closed when the last of them has ended.
    this.ended = new Promise((resolve) => this.parent.once('close', resolve));
  }

  kill(signal: NodeJS.Signals): void {
    this.parent.kill(signal);
  }

  /** Returns the pids of those of this number who have said it, in their order. */
  pidsOf(number: number, what: string): number[] {
    const said = new RegExp(`^${number} (\\d+) ${what}$`, 'gm');
    return [...this.output.matchAll(said)].map(([, pid]) => Number(pid));
  }

  said(what: string): number {
    return [1, 2].flatMap((number) => this.pidsOf(number, what)).length;
  }

  warnings(): string {
    return this.errors;
  }
}

const families: Family[] = [];
function start(count: number, wanted?: string): Family {
  const family = new Family(count, wanted);
  families.push(family);
  return family;
}
afterEach(async () => {
  for (const family of families.splice(0)) {
    family.kill('SIGTERM');
    await family.ended;
  }
});

describe('several processes', () => {
  it('take the place of one that dies, and all end on SIGTERM', async () => {
    const family = start(2);
    await until(() => family.said('works') === 2);
    const [dead = 0] = family.pidsOf(2, 'works');
    process.kill(dead, 'SIGKILL');
    await until(() => family.pidsOf(2, 'works').length === 2);
    expect(family.warnings()).toMatch(
      new RegExp(`^Process 2 \\(pid ${dead}\\) ended with SIGKILL after .* s; it is started again`),
    );
    expect(family.pidsOf(1, 'works')).toHaveLength(1);

    family.kill('SIGTERM');
    expect(await family.ended).toBe(0);
    expect(family.said('ends')).toBe(2);
  });

  it.each([
    ['refuses', 1, /^Carillon does not start:\n {2}PORT: wants a port\n$/],
    ['is killed', 1, /^Process 1 \(pid \d+\) ended with SIGKILL after .* s, before it worked\n$/],
  ])('end with the first, which alone was tried, where it %s', async (wanted, code, words) => {
    const family = start(2, wanted);
    expect(await family.ended).toBe(code);
    expect(family.warnings()).toMatch(words);
    expect(family.said('starts')).toBe(1);
  });

  it('go on while one does not start, which is tried again, and end in order when their parent is killed', async () => {
    const family = start(2, '2 refuses');
    await until(() => family.pidsOf(2, 'starts').length === 2);
    expect(family.pidsOf(1, 'starts')).toHaveLength(1);

    family.kill('SIGKILL');
    await family.ended;
    expect(family.pidsOf(1, 'ends')).toHaveLength(1);
  });

  it('are killed where they do not end, which is not in order', async () => {
    const family = start(1, 'hangs');
    await until(() => family.said('works') === 1);
    family.kill('SIGTERM');
    expect(await family.ended).toBe(1);
    expect(family.warnings()).toBe('Not every process has ended in order\n');
  });
});
