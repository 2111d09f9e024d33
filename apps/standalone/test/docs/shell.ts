import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

const end = '\u0004';

/** One shell that gets commands one after the other, as from a reader's keyboard. It ends at the first that fails. */
export class Shell {
  private readonly child: ChildProcessWithoutNullStreams;
  private output = '';
  private complaints = '';
  private wake: () => void = () => undefined;

  constructor(folder: string) {
    this.child = spawn('bash', ['-euo', 'pipefail'], { cwd: folder });
    this.child.stdout.on('data', (chunk: Buffer) => {
      this.output += String(chunk);
      this.wake();
    });
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.complaints += String(chunk);
    });
    this.child.stdin.on('error', () => undefined); // the exit tells
    this.child.once('close', () => {
      this.wake();
    });
  }

  /** Runs commands. @returns what they print */
  async run(commands: string): Promise<string> {
    this.complaints = '';
    this.child.stdin.write(`{\n${commands}\n} < /dev/null\nprintf '${end}'\n`);
    while (!this.output.endsWith(end)) {
      const { exitCode, signalCode } = this.child;
      if (exitCode !== null || signalCode !== null)
        throw new Error(`The shell ended at:\n${commands}\n${this.output}\n${this.complaints}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const printed = this.output.slice(0, -end.length);
    this.output = '';
    return printed;
  }

  close(): void {
    this.child.stdin.end();
  }
}
