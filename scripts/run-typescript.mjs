// `node run-typescript.mjs <file.ts> [arguments]`: for tests that start a process of their own, to kill it for instance.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { loadTypescript } from './load-typescript.mjs';

loadTypescript();
process.execArgv.push('--require', join(import.meta.dirname, 'require-typescript.mjs'));
process.argv.splice(1, 1);
createRequire(import.meta.url)(resolve(process.argv[1]));
