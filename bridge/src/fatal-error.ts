/**
 * A condition that makes it unsafe to continue. The program stops with this exit code: 1 for a run-time failure, 3 if the
 * identity is rejected and a restart would not help.
 */
export class FatalError extends Error {
  override readonly name = 'FatalError';
  readonly exitCode: 1 | 3;

  constructor(message: string, exitCode: 1 | 3, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.exitCode = exitCode;
  }
}
