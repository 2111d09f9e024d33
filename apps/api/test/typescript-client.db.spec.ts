import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiClient } from './api-client';

const page = readFileSync(resolve('docs/typescript-client.md'), 'utf8');

/** The files that the page shows, by name, and what it says that they print. */
const files = [...page.matchAll(/^```\w+ (\S+)\n([^]*?)^```$/gm)].map(
  ([, name = '', content = '']) => [name, content] as const,
);
const [, promised] = /^```text\n([^]*?)^```$/m.exec(page) ?? [];

/** As strict as it gets, for the page's readers may be. */
const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  types: ['node'],
};

describe('docs/typescript-client.md', () => {
  let folder: string;
  let api: ApiClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-client-'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    symlinkSync(resolve('apps/api/schema.graphql'), join(folder, 'schema.graphql'));
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    const project = { compilerOptions, files: ['five-minutes.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
    api = await ApiClient.start({ GRAPHQL_SAFELIST: join(folder, 'operations.graphql') });
  });
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  /** @returns what it printed */
  async function run(program: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    const options = { cwd: folder, env: { ...process.env, ...env } };
    const child = spawn(process.execPath, [program, ...args], options);
    const [printed, complaints, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ]);
    if (code !== 0) throw new Error(`${program} failed:\n${printed}\n${complaints}`);
    return printed;
  }

  it('makes a client that compiles, runs and prints what it says', async () => {
    await run('node_modules/.bin/graphql-codegen', ['--config', 'codegen.ts']);
    await run('node_modules/.bin/tsc');
    const [EMAIL, PASSWORD] = ['reader@example.com', 'a password for five minutes'];
    await api.ask(CREATE_OPERATOR, { input: { email: EMAIL, role: 'OWNER', password: PASSWORD } });
    const environment = { CARILLON_URL: api.url, EMAIL, PASSWORD };
    expect(await run('five-minutes.js', [], environment)).toBe(promised);
  }, 120_000);
});

const CREATE_OPERATOR =
  'mutation ($input: CreateOperatorInput!) { createOperator(input: $input) { id } }';
