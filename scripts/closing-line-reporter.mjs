// Ends a test run with the counts in one line that people and CI read alike: `N passed, N failed[, N skipped]`.
// A file that could not be run counts as failed.

/** A test that timed out may leave a connection open; the run ends all the same, and says so. */
const LONGEST_GOODBYE_MS = 60_000;

export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // After the other reporters, so that it stays the last line. Ends at once: Node's own cleanup of the environment waits for
    // requests that tests left under way, at times for ever.
    process.on('exit', () => {
      console.log(line);
      // `success` is settled after this reporter was called; it knows of more than failed tests.
      process.exit(failed > 0 || !results.success ? 1 : (process.exitCode ?? 0));
    });
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().filter((kind) => kind !== 'Timeout');
      console.error(`Ended with what tests left open: ${open.join(', ') || 'timers'}.`);
      process.exit(failed > 0 || !results.success ? 1 : 0);
    }, LONGEST_GOODBYE_MS).unref();
  }
}
