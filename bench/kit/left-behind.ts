import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * The processes and folders of a bench, which a process of its own ends and removes if the bench does not get to it:
 * whoever is interrupted or killed leaves no PostgreSQL behind that goes on vacuuming a million rows.
 */
export const leftBehind = {
  add: (pid: number) => {
    tell(`+ ${pid}`);
  },
  remove: (pid: number) => {
    tell(`- ${pid}`);
  },
  /** @param path with an embedded PostgreSQL or without */
  addFolder: (path: string) => {
    tell(`folder ${path}`);
  },
};

const caretaker = spawn(process.execPath, [join(__dirname, '../programs/caretaker.mjs')], {
  stdio: ['pipe', 'ignore', 'ignore'],
  // Out of reach of the terminal's Ctrl-C.
  detached: true,
});
caretaker.unref();

function tell(line: string): void {
  caretaker.stdin.write(`${line}\n`);
}
