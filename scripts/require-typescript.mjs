// `node --require require-typescript.mjs <file.ts>`: how a process that runs from its sources forks others that do.
import { loadTypescript } from './load-typescript.mjs';

loadTypescript();
