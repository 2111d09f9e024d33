import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process of its own. */
export interface Child {
  /** The first line of its output, parsed as JSON. */
  readonly ready: unknown;
  readonly pid: number | undefined;
  /** Resolves once it has ended, and with it its connections. */
  stop(): Promise<void>;
}

/** Runs a TypeScript file, and resolves once it is ready. */
export async function startChild(file: string, ...parameters: string[]): Promise<Child> {
  const child = spawn(
    process.execPath,
    [join(__dirname, '../scripts/run-typescript.mjs'), join(__dirname, file), ...parameters],
    // As operators run it: graphql-js and others check more elsewhere.
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  const exited = once(child, 'exit');
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve);
    child.once('exit', (code) => {
      reject(new Error(`${file} ended with code ${code ?? 'none'} before it was ready`));
    });
  });
  return {
    ready: JSON.parse(line) as unknown,
    pid: child.pid,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
