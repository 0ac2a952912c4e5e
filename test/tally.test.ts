import { describe, expect, test } from 'vitest';
import { describeTally, sum, tally } from './tally.ts';

interface File {
  readonly status: string;
  readonly tests: readonly string[];
}

function report(...files: File[]): string {
  const count = (wanted: string): number => files.flatMap(({ tests }) => tests).filter((is) => is === wanted).length;
  return JSON.stringify({
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    testResults: files.map(({ status, tests }) => ({
      status,
      assertionResults: tests.map((is) => ({ status: is })),
    })),
  });
}

const mayBeEmpty = false;

describe('a run counts', () => {
  test('its tests', () => {
    const text = report(
      { status: 'passed', tests: ['passed', 'passed', 'pending', 'todo'] },
      { status: 'failed', tests: ['passed', 'failed'] },
    );
    expect(tally({ report: text, exitCode: 1, mayBeEmpty })).toEqual({ passed: 3, failed: 1, skipped: 2 });
  });

  test('a file that could not be loaded as a failure', () => {
    const text = report({ status: 'passed', tests: ['passed'] }, { status: 'failed', tests: [] });
    expect(tally({ report: text, exitCode: 1, mayBeEmpty })).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('a file whose hooks failed, so that its tests were skipped, as a failure', () => {
    const text = report({ status: 'failed', tests: ['pending', 'pending'] });
    expect(tally({ report: text, exitCode: 1, mayBeEmpty })).toEqual({ passed: 0, failed: 1, skipped: 2 });
  });

  test('an exit code that no test explains as a failure', () => {
    const text = report({ status: 'passed', tests: ['passed'] });
    expect(tally({ report: text, exitCode: 137, mayBeEmpty })).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('no report as a failure, whatever the exit code', () => {
    expect(tally({ report: undefined, exitCode: 0, mayBeEmpty })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('no test, or only skipped ones, as a failure', () => {
    expect(tally({ report: report(), exitCode: 0, mayBeEmpty })).toEqual({ passed: 0, failed: 1, skipped: 0 });
    const skipped = report({ status: 'passed', tests: ['pending'] });
    expect(tally({ report: skipped, exitCode: 0, mayBeEmpty })).toEqual({ passed: 0, failed: 1, skipped: 1 });
  });

  test('no test as nothing when a filter was given', () => {
    expect(tally({ report: report(), exitCode: 0, mayBeEmpty: true })).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});

test('the closing line names skipped tests only where there are some', () => {
  const first = { passed: 1, failed: 0, skipped: 0 };
  expect(describeTally(sum([first, { passed: 2, failed: 1, skipped: 0 }]))).toBe('3 passed, 1 failed');
  expect(describeTally(sum([first, { passed: 2, failed: 0, skipped: 4 }]))).toBe('3 passed, 0 failed, 4 skipped');
});
