import { setTimeout } from 'node:timers/promises';

/**
 * Catches up with the history of every account. After each turn it pauses for as long as the turn took, because requests
 * must be answered meanwhile, and the first start with a long history takes many turns.
 */
export async function catchUpAll(
  accounts: readonly string[],
  catchUp: (account: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (const account of accounts) {
    for (let isComplete = false; !isComplete && !signal.aborted; ) {
      const startedAt = performance.now();
      isComplete = catchUp(account);
      await setTimeout(performance.now() - startedAt);
    }
  }
}
