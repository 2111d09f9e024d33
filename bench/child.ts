import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Runs a TypeScript file in a process of its own, and resolves with its first line of output as JSON. */
export async function startChild(
  file: string,
  ...parameters: string[]
): Promise<{ ready: unknown; process: ChildProcess }> {
  const child = spawn(
    process.execPath,
    [
      join(__dirname, '../apps/standalone/test/run-typescript.mjs'),
      join(__dirname, file),
      ...parameters,
    ],
    // As operators run it: graphql-js and others check more elsewhere.
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => {
      reject(new Error(`${file} ended with code ${code ?? 'none'} before it was ready`));
    });
  });
  return { ready: JSON.parse(line) as unknown, process: child };
}
