import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { rolePermissions, roles } from '@app/auth';
import { permissions } from '@app/core';
import { ApiClient } from './api-client';

/** Some commands of a block, and the text that the document promises of them. */
interface Step {
  readonly commands: string;
  readonly promised: string;
}

const page = readFileSync(resolve('docs/authentication.md'), 'utf8');

const blocksOf = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, block = '']) => block,
  );

/** A `# ->` line, or several that follow each other, belong to what stands before them. */
function stepsOf(block: string): Step[] {
  const promise = /^# -> ?(.*)$/gm;
  return block
    .split(/(?<=^# ->.*\n)(?!# ->)/m)
    .filter((part) => part.trim() !== '')
    .map((part) => ({
      commands: part.replace(promise, ''),
      promised: [...part.matchAll(promise)].map(([, line = '']) => line).join(''),
    }));
}

/** `…` stands for anything; spaces and line ends don't matter. */
function patternOf(promised: string): RegExp {
  const literals = compact(promised)
    .split('…')
    .map((literal) => literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literals.join('.*')}$`);
}

const compact = (shown: string) => shown.replace(/\s/g, '');

const end = '\u0004';

/** Runs all steps in one shell, as a reader does. @returns what each of them printed */
async function run(steps: readonly Step[], folder: string): Promise<string[]> {
  const script = steps.map(({ commands }) => `${commands}\nprintf '${end}'\n`).join('');
  const { stdout, stderr } = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });
  const [output, complaints] = await Promise.all([text(stdout), text(stderr)]);
  const printed = output.split(end);
  const rest = printed.pop() ?? '';
  if (printed.length === steps.length) return printed;
  const last = steps[printed.length]?.commands ?? '';
  throw new Error(`The shell ended at:\n${last}\nhaving printed: ${rest}\n${complaints}`);
}

describe('docs/authentication.md', () => {
  const [firstStart = '', provisioning = ''] = blocksOf('yaml');
  const steps = blocksOf('sh').flatMap(stepsOf);
  let folder: string;
  let printed: string[];

  const startWith = (file: string) => {
    const path = join(folder, 'provision.yaml');
    writeFileSync(path, file);
    return ApiClient.start({ PROVISION_FILE: path });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-docs-'));
    const api = await startWith(firstStart);
    const here = `url=${api.url}`;
    const commandsHere = steps.map(({ commands, promised }) => ({
      commands: commands.replace('url=http://127.0.0.1:3000', here),
      promised,
    }));
    printed = await run(commandsHere, folder).finally(() => api.close());
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('has commands that print what it says', () => {
    expect(steps.length).toBeGreaterThan(30);
    for (const [index, { commands, promised }] of steps.entries()) {
      // With the commands, lest a failure shows nothing but two texts.
      expect({ commands, shown: compact(printed[index] ?? '') }).toEqual({
        commands,
        shown: expect.stringMatching(patternOf(promised)) as string,
      });
    }
  });

  it('says what each role may', () => {
    const rows = permissions.map((permission) => [
      permission,
      ...roles.map((role) => (rolePermissions[role].includes(permission) ? '✓' : '')),
    ]);
    const table = [...page.matchAll(/^\| `(\w+:\w+)` +\| [^|]+((?:\| [✓ ] +){4})\|$/gm)];
    expect(
      table.map(([, permission, ticks = '']) => [
        permission,
        ...compact(ticks).split('|').slice(1),
      ]),
    ).toEqual(rows);
  });

  it('has a provisioning file for the keys that the commands make', async () => {
    const api = await startWith(provisioning);
    try {
      expect(await api.ask('{ client(id: "crm") { requireJti keys { kid source } } }')).toEqual({
        requireJti: true,
        keys: [{ kid: '2026', source: 'X509' }],
      });
      expect(
        await api.ask(
          '{ serviceAccount(id: "00000000-0000-4000-0000-000000000000") { loginMode } }',
        ),
      ).toEqual({ loginMode: 'LEGACY_PUBLIC_KEY' });
      expect(
        await api.ask('{ application(id: 1) { pushProfile { apiSpaceId } userKeys { kid } } }'),
      ).toEqual({ pushProfile: { apiSpaceId: 'bank' }, userKeys: [{ kid: 'primary' }] });
    } finally {
      await api.close();
    }
  });
});
