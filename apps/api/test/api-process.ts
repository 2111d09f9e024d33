import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** An API in a process of its own, which a test may kill. */
export class ApiProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @param environment the whole of its configuration but the port, which is any */
  static async start(environment: NodeJS.ProcessEnv): Promise<ApiProcess> {
    const child = spawn(
      process.execPath,
      [join(__dirname, '../../../scripts/run-typescript.mjs'), join(__dirname, '../src/main.ts')],
      {
        env: {
          PATH: process.env.PATH,
          NODE_ENV: 'test',
          PORT: '0',
          LOG_LEVEL: 'info',
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /Listening on (http:\/\/[\w.:[\]]+)/.exec(line)?.[1];
      if (url !== undefined) {
        child.stdout.resume();
        return new ApiProcess(child, url);
      }
    }
    throw new Error('The API did not start');
  }

  /** Kills the process, as a crash does. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
