/** The parts of the process that {@link guardProcess} uses. */
export interface GuardedProcess {
  on(signal: 'SIGUSR1', listener: () => void): unknown;
  readonly stderr: { on(event: 'error', listener: () => void): unknown };
}

/**
 * Ignores SIGUSR1, which would open Node's inspector to every user of the machine, and a log whose reader is gone,
 * which would end the program.
 */
export function guardProcess(process: GuardedProcess): void {
  process.on('SIGUSR1', () => {});
  process.stderr.on('error', () => {});
}
