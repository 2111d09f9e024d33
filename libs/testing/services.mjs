import { createRequire } from 'node:module';
import { loadTypescript } from '../../scripts/load-typescript.mjs';

loadTypescript();

/** The servers that the tests share, for Jest's set-up and teardown, which run in one process. */
export const services = createRequire(import.meta.url)('./src/services.ts');
