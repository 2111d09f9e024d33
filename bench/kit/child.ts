import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { leftBehind } from './left-behind';

/** A process of its own. */
export interface Child {
  /** The line of its output that told that it is ready. */
  readonly line: string;
  readonly pid: number;
  /** Resolves once it has ended, and with it its connections. */
  stop(): Promise<void>;
}

const root = join(__dirname, '../..');

/** Runs a command, and resolves once a line of its output has the words that tell that it is ready. */
export async function startProcess(
  command: string,
  parameters: readonly string[],
  words: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Child> {
  const child = spawn(command, parameters, {
    stdio: ['ignore', 'pipe', 'inherit'],
    // As operators run it: graphql-js and others check more elsewhere.
    env: { ...process.env, NODE_ENV: 'production', ...environment },
  });
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} can't be started`);
  leftBehind.add(pid);
  child.once('exit', () => {
    leftBehind.remove(pid);
  });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (said) => {
      if (said.includes(words)) resolve(said);
    });
    child.once('exit', (code) => {
      reject(
        new Error(`${parameters[0] ?? command} ended with ${code ?? 'a signal'}, not yet ready`),
      );
    });
  });
  return {
    line,
    pid,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

/** Runs a TypeScript file of the repository, see `startProcess`. */
export function startTypescript(
  file: string,
  parameters: readonly string[],
  words: string,
  environment?: NodeJS.ProcessEnv,
): Promise<Child> {
  const runner = join(root, 'scripts/run-typescript.mjs');
  return startProcess(
    process.execPath,
    [runner, join(root, file), ...parameters],
    words,
    environment,
  );
}

/** Runs one of the benches' programs. @returns it with what it says in one line of JSON once it is ready */
export async function startProgram(
  file: string,
  parameters: readonly string[] = [],
  environment?: NodeJS.ProcessEnv,
): Promise<{ readonly child: Child; readonly ready: unknown }> {
  const child = await startTypescript(`bench/programs/${file}`, parameters, '{', environment);
  return { child, ready: JSON.parse(child.line) as unknown };
}

/** Runs one of the benches' servers, which says its URL, see `startProgram`. */
export async function startServer(
  file: string,
  parameters?: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Promise<Child & { readonly url: string }> {
  const { child, ready } = await startProgram(file, parameters, environment);
  return { ...child, ...(ready as { url: string }) };
}
