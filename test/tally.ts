/** Number of tests of a run by result. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is counted. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** Result of one run of vitest. */
export interface Run {
  /** The text of its JSON report; undefined if it wrote none. */
  readonly report: string | undefined;
  readonly exitCode: number;
  /** Whether a run without any test is in order, because a filter was given. */
  readonly mayBeEmpty: boolean;
}

/** Counts tests, and counts as a failure whatever else means that the run proves nothing. */
export function tally({ report, exitCode, mayBeEmpty }: Run): Tally {
  const none = { passed: 0, failed: 1, skipped: 0 };
  if (report === undefined) return none;
  const counts = JSON.parse(report) as VitestReport;
  const passed = counts.numPassedTests;
  const skipped = counts.numPendingTests + counts.numTodoTests;
  // A file that can't be loaded, or whose hooks fail, has failed without a failing test.
  const failedFiles = counts.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
  );
  const failed = counts.numFailedTests + failedFiles.length;
  if (exitCode !== 0 && failed === 0) return { passed, failed: 1, skipped };
  if (passed + failed === 0 && !mayBeEmpty) return { ...none, skipped };
  return { passed, failed, skipped };
}

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (total, { passed, failed, skipped }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** The closing line of a run. */
export function describeTally({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
