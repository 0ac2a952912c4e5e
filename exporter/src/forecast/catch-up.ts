import { setImmediate } from 'node:timers/promises';

/** Catches up with the history of every account, in short turns so that requests are answered in between. */
export async function catchUpAll(
  accounts: readonly string[],
  catchUp: (account: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const account of accounts) {
    for (let isComplete = false; !isComplete && !signal.aborted; ) {
      isComplete = catchUp(account);
      await setImmediate();
    }
  }
}
