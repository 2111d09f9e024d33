import { relative } from 'node:path';

/** As many files are worth a look when the run takes too long. */
const slowest = 15;

/** Jest reporter: names the slowest files, and ends the output with one line that people and scripts can read. */
export default class ClosingLine {
  #files = [];

  onTestResult({ context, path }, { perfStats }) {
    const { displayName, rootDir } = context.config;
    const name = `${displayName?.name ?? ''} ${relative(rootDir, path)}`;
    this.#files.push({ name, ms: perfStats.end - perfStats.start });
  }

  onRunComplete(_, results) {
    // A file that does not even load has no tests to count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed`;
    const rows = this.#files
      .sort((a, b) => b.ms - a.ms)
      .slice(0, slowest)
      .map(({ name, ms }) => `${(ms / 1_000).toFixed(1).padStart(7)} s  ${name}\n`);
    // Jest's own summary always comes after every other reporter.
    process.once('exit', () => {
      if (rows.length > 1) process.stdout.write(`\nThe slowest files:\n${rows.join('')}\n`);
      process.stdout.write(skipped === 0 ? `${line}\n` : `${line}, ${skipped} skipped\n`);
    });
  }
}
