import { readdirSync, readFileSync } from 'node:fs';

/** The jiffies of a second, which is the same on every Linux. */
const perSecond = 100;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Of CPU, in user mode and in the kernel, with the children's that have ended. */
  readonly jiffies: number;
}

/** Tells what is used since: the microseconds of CPU for each piece of work, by process. */
export type CpuCount = (pieces: number) => Record<string, number>;

/**
 * Begins to count the CPU of some processes, each with its children, and of this one as `bench`. Reads /proc, as Linux has
 * it.
 */
export function countCpu(pids: Readonly<Record<string, number>>): CpuCount {
  const own = process.cpuUsage();
  const before = secondsOf(pids);
  return (pieces) => {
    const { user, system } = process.cpuUsage(own);
    const after = secondsOf(pids);
    const used = Object.keys(pids).map((name) => [
      name,
      Math.round((((after[name] ?? NaN) - (before[name] ?? NaN)) * 1e6) / pieces),
    ]);
    return {
      ...(Object.fromEntries(used) as Record<string, number>),
      bench: Math.round((user + system) / pieces),
    };
  };
}

function secondsOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  const processes = all();
  const sum = (pid: number): number => {
    let jiffies = 0;
    for (const one of processes) {
      if (one.pid === pid) jiffies += one.jiffies;
      if (one.parent === pid) jiffies += sum(one.pid);
    }
    return jiffies;
  };
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [name, sum(pid) / perSecond]),
  );
}

export function parentOf(pid: number): number {
  return all().find((one) => one.pid === pid)?.parent ?? NaN;
}

function all(): ProcessTimes[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => timesOf(name) ?? []);
}

/** @returns undefined when it has ended */
function timesOf(pid: string): ProcessTimes | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The fields from the third on, see proc(5); the second is a name in parentheses, which may have blanks.
  const [, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const times = rest.slice(9, 13); // utime, stime, cutime, cstime
  const jiffies = times.reduce((total, value) => total + Number(value), 0);
  return { pid: Number(pid), parent: Number(parent), jiffies };
}

/** Tells the most memory that a process had at any time. */
export function peakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}
