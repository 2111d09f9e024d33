import { parseArgs } from 'node:util';
import { ConfigError } from '@app/core';

export interface DemoOptions {
  /** How many devices it makes. */
  readonly deviceCount: number;
  /** Whether it ends after the show. */
  readonly once: boolean;
}

const defaultDevices = '20000';
/** What the simulator has room for in the process that it shares. */
const mostDevices = 1_000_000;

/** Reads what stands behind `npm run demo --`. @throws ConfigError */
export function readDemoOptions(words: readonly string[]): DemoOptions {
  const { values, positionals } = parseArgs({
    args: [...words],
    options: { devices: { type: 'string' }, once: { type: 'boolean' } },
    // What Node says of a wrong one is for programmers.
    strict: false,
  });
  const { devices = defaultDevices, once = false, ...unknown } = values;
  const problems = [...Object.keys(unknown), ...positionals].map(
    (word) =>
      `${word}: is no option; there are --devices <number> and --once, behind a -- of their own`,
  );
  const deviceCount = typeof devices === 'string' && /^\d{1,9}$/.test(devices) ? +devices : 0;
  if (deviceCount < 1 || deviceCount > mostDevices) {
    const got = devices === true ? 'nothing' : devices;
    problems.push(`--devices: wants a whole number from 1 to ${mostDevices}, got ${got}`);
  }
  if (typeof once === 'string') problems.push(`--once: takes no value, got ${once}`);
  if (problems.length > 0) throw new ConfigError(problems);
  return { deviceCount, once: once === true };
}
