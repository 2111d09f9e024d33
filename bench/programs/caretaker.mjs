// `node caretaker.mjs`: is told of a bench's processes (`+ <pid>`, `- <pid>` when it has ended) and folders (`folder
// <path>`), and outlives the bench to end and remove what is left of them. It knows the bench's end by that of its input.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a process may take to end itself. */
const patienceMs = 10_000;

const processes = new Set();
const folders = new Set();
for await (const line of createInterface(process.stdin)) {
  const [what, value] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
  if (what === '+') processes.add(Number(value));
  else if (what === '-') processes.delete(Number(value));
  else folders.add(value);
}
await Promise.all([...processes].map((pid) => end(pid, 'SIGTERM')));
for (const folder of folders) {
  const postgres = postgresIn(folder);
  if (postgres !== undefined) await end(postgres, 'SIGQUIT');
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Ends a process by a signal, or by force if that takes too long. */
async function end(pid, signal) {
  const deadline = performance.now() + patienceMs;
  while (signalled(pid, signal) && performance.now() < deadline) {
    signal = 0;
    await sleep(50);
  }
  signalled(pid, 'SIGKILL');
}

/** Returns whether the process is there. */
function signalled(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function postgresIn(folder) {
  try {
    const pidFile = readFileSync(join(folder, 'postgres/cluster/postmaster.pid'), 'utf8');
    return Number(pidFile.split('\n')[0]);
  } catch {
    return undefined;
  }
}
