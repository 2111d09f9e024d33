/** Jest reporter: ends the output with one line that people and scripts can read. */
export default class ClosingLine {
  onRunComplete(_, results) {
    // A file that does not even load has no tests to count.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed`;
    // Jest's own summary always comes after every other reporter.
    process.once('exit', () => {
      process.stdout.write(skipped === 0 ? `${line}\n` : `${line}, ${skipped} skipped\n`);
    });
  }
}
