import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from './until';

export interface Program {
  /** As plans and reports call it. */
  readonly name: string;
  readonly file: string;
  readonly args?: readonly string[];
  /** All of the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Whose process it is, where not ours. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** The file to which its output is appended. */
  readonly log: string;
}

/** How long a service manager waits before it starts again what ended, in milliseconds. */
const restartAfterMs = 500;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** A process that is killed, frozen and started again. One that ends by itself is started again, and that is noted. */
export class Server {
  /** How it ended each time that nobody had ended it. */
  readonly deaths: string[] = [];
  private child: ChildProcess | undefined;
  private wanted = false;

  constructor(protected readonly program: Program) {}

  get name(): string {
    return this.program.name;
  }

  start(): void {
    this.wanted = true;
    const { file, args = [], log, name, env, cwd, uid, gid } = this.program;
    const output = openSync(log, 'a');
    const child = spawn(file, args, {
      env: env ?? {},
      stdio: ['ignore', output, output],
      ...(cwd !== undefined && { cwd }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
    closeSync(output);
    this.child = child;
    running.add(child);
    const startedAt = performance.now();
    child.once('exit', (code, signal) => {
      running.delete(child);
      if (!this.wanted || this.child !== child) return;
      const age = ((performance.now() - startedAt) / 1000).toFixed(1);
      this.deaths.push(
        `${name} ended by itself with ${signal ?? String(code)} after ${age} s: ${this.lastWords()}`,
      );
      void sleep(restartAfterMs).then(() => {
        if (this.wanted && this.child === child) this.start();
      });
    });
  }

  async kill(): Promise<void> {
    this.wanted = false;
    if (!this.isRunning()) return;
    const ended = once(this.running(), 'exit');
    this.signal('SIGKILL');
    await ended;
  }

  freeze(): void {
    if (this.isRunning()) this.signal('SIGSTOP');
  }

  thaw(): void {
    if (this.isRunning()) this.signal('SIGCONT');
  }

  /**
   * Asks it to end, as service managers do.
   * @returns after how many milliseconds it had ended, with code 0 or, where it had hardly begun, as the signal's;
   * undefined when it failed, or had to be killed
   */
  async stop(withinMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | undefined> {
    this.wanted = false;
    if (!this.isRunning()) return 0;
    const child = this.running();
    const startedAt = performance.now();
    child.kill(signal);
    const ended = await until(() => (this.isRunning() ? undefined : true), withinMs, 20);
    if (ended === undefined) {
      await this.kill();
      return undefined;
    }
    const cutOff = 128 + constants.signals[signal];
    const inOrder =
      child.exitCode === 0 || child.exitCode === cutOff || child.signalCode === signal;
    return inOrder ? performance.now() - startedAt : undefined;
  }

  /** Waits for what it writes. @throws with its last words when it does not say it in time */
  async says(pattern: RegExp, withinMs = 120_000): Promise<RegExpExecArray> {
    const said = await until(
      () => pattern.exec(this.output()) ?? (this.deaths.length > 0 ? null : undefined),
      withinMs,
    );
    if (said == null) {
      throw new Error(`${this.name} did not say ${String(pattern)}: ${this.lastWords()}`);
    }
    return said;
  }

  lastWords(): string {
    return this.output().trim().split('\n').slice(-3).join(' | ').slice(-1_500);
  }

  /** Returns its processes, in the order in which they get a signal. */
  protected processes(): number[] {
    const { pid } = this.running();
    return pid === undefined ? [] : [pid];
  }

  private signal(signal: NodeJS.Signals): void {
    for (const pid of this.processes()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended.
      }
    }
  }

  private isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  private running(): ChildProcess {
    if (this.child === undefined) throw new Error(`${this.name} was not started`);
    return this.child;
  }

  private output(): string {
    return readFileSync(this.program.log, 'utf8');
  }
}
