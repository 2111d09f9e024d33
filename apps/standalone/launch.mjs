// `node launch.mjs <program> [arguments]`: what `npm start` and its like run, from the sources, without a build.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const programs = new Map([
  [
    'start',
    [
      'standalone/src/main.ts',
      'Starting Carillon: PostgreSQL, API, worker and simulator in one process',
    ],
  ],
  ['demo', ['standalone/src/demo.ts', 'Starting the demo: everything in one process']],
  ['migrate', ['cli/src/migrate.ts', 'Migrating the database of DATABASE_URL']],
  ['carillon', ['standalone/src/carillon.ts']],
  ['api', ['api/src/main.ts', 'Starting the API']],
  ['worker', ['worker/src/main.ts', 'Starting a worker']],
  ['simulator', ['simulator/src/main.ts', 'Starting the simulator']],
]);

const [name = ''] = process.argv.splice(2, 1);
const [program, doing] = programs.get(name) ?? [];
if (program === undefined) {
  console.error(`Wants one of: ${[...programs.keys()].join(', ')}; got: ${name || 'nothing'}`);
  process.exit(64);
}
if (doing !== undefined) console.log(`${doing} …`);

const root = join(import.meta.dirname, '../..');
if (!existsSync(join(root, 'node_modules/@swc/core'))) {
  console.error('The packages that this needs are not installed; run: npm ci');
  process.exit(1);
}

let said = false;
const { loadTypescript } = await import('../../scripts/load-typescript.mjs');
loadTypescript(() => {
  // Standard error, for standard output may be read by a program.
  if (!said) console.error('Compiling what is new or has changed …');
  said = true;
});
process.execArgv.push('--require', join(root, 'scripts/require-typescript.mjs'));
process.argv[1] = join(root, 'apps', program);
createRequire(import.meta.url)(process.argv[1]);
