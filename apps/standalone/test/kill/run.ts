import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Backend, describePlan, planOf } from './plan';
import { buildIfStale } from './programs';
import { Room } from './room';
import { totalsOf } from './totals';
import { type Figures, runTrial } from './trial';

/** How many lines are printed of what a run broke: one lost message may be missing on many screens. */
const mostLines = 20;

/**
 * `npm run test:kill -- --runs N [--seed S]`: N runs, of the seeds S, S + 1 and so on, each with a plan of its own that
 * its seed repeats (`--plan` only prints them). One line of JSON with the figures of each run, and one of their sums; a run that
 * broke a promise prints its plan and which, and keeps its logs. The last line is `N passed, N failed`.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '6' },
      seed: { type: 'string', default: String(Math.floor(Date.now() / 1_000) % 1_000_000) },
      plan: { type: 'boolean', default: false },
    },
  });
  const [runs, firstSeed] = [wholeNumber('runs', values.runs), wholeNumber('seed', values.seed)];
  const backends = backendsHere();
  const plans = Array.from({ length: runs }, (_, n) => planOf(firstSeed + n, backends));
  if (values.plan) {
    for (const plan of plans) console.log(describePlan(plan));
    return;
  }
  buildIfStale();
  const folder = mkdtempSync(join(tmpdir(), 'carillon-kill-'));
  chmodSync(folder, 0o755); // PostgreSQL may run under another account, which has to get in
  const room = await Room.open(folder, backends.includes('redis'));
  const all: Figures[] = [];
  let failed = 0;
  for (const plan of plans) {
    try {
      const { figures, broken, logs } = await runTrial(room, plan);
      all.push(figures);
      console.log(JSON.stringify(figures));
      if (broken.length === 0) {
        rmSync(logs, { recursive: true });
        continue;
      }
      failed++;
      console.log(`BROKEN ${describePlan(plan)}`);
      for (const line of broken.slice(0, mostLines)) console.log(`  ✘ ${line}`);
      if (broken.length > mostLines) console.log(`  and ${broken.length - mostLines} more`);
      console.log(`  Logs: ${logs}`);
    } catch (error) {
      failed++;
      console.log(`BROKEN ${describePlan(plan)}`);
      console.log(error);
    }
  }
  await room.close();
  console.log(JSON.stringify(totalsOf(all)));
  if (failed === 0) rmSync(folder, { recursive: true });
  console.log(`${runs - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} wants a whole number`);
  return Number(text);
}

function backendsHere(): readonly Backend[] {
  if (spawnSync('redis-server', ['--version']).error === undefined) return ['postgres', 'redis'];
  if (process.env.CI) throw new Error('CI tests both queue backends: install redis-server.');
  console.warn('SKIPPED the runs on Redis: there is no redis-server');
  return ['postgres'];
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
