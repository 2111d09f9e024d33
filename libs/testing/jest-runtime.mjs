import { createRequire } from 'node:module';
import JestRuntime from 'jest-runtime';
import { loadTypescript, sourceMapOf } from '../../scripts/load-typescript.mjs';

loadTypescript();
const require = createRequire(import.meta.url);

/**
 * Runs test files as Node runs programs: what they import is loaded by `require`, once for all test files of a process,
 * in place of once for each, which takes longer than most of them. Nothing here mocks modules; a test file itself and
 * Jest's own state are loaded anew each time. Goes with `jest-environment.mjs`, which has no realm of its own either.
 */
export default class NodeRuntime extends JestRuntime {
  requireModule(from, name) {
    if (name !== undefined) return createRequire(from)(name);
    globalThis.jest = this.requireModuleOrMock(from, '@jest/globals').jest;
    return this.requireInternalModule(from);
  }

  requireInternalModule(file) {
    delete require.cache[file];
    return require(file);
  }

  /** For stack traces: a map whose values may be data URLs. */
  getSourceMaps() {
    return sourceMaps;
  }
}

const sourceMaps = { get: sourceMapOf, *[Symbol.iterator]() {} };
