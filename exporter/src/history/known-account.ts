import type { AccountState } from '../account/account-state.ts';
import type { AccountContext, KnownAccount } from '../account/account-view.ts';
import { WEEKLY_WINDOW, windowDurationSeconds } from '../usage/windows.ts';
import type { History } from './history.ts';

/** A window that was last seen longer ago than this has reset since. */
const MAX_WINDOW_MS = windowDurationSeconds(WEEKLY_WINDOW) * 1000;

/** Loads an account as the previous run of the program knew it. */
export function loadKnownAccount(history: History, account: string, now: number, staleAfterMs: number): KnownAccount {
  const state = history.loadState(account, now);
  return { state, ...loadContext(history, state, now, staleAfterMs) };
}

export function loadContext(
  history: History,
  { account, loginSince = 0, completeAt = 0 }: AccountState,
  now: number,
  staleAfterMs: number,
): AccountContext {
  const statusline = history.loadReport(account, 'statusline', Math.max(now - staleAfterMs, loginSince));
  return {
    caps: history.loadCaps(account),
    lastKnown: history.lastKnownWindows(account, Math.max(now - MAX_WINDOW_MS, loginSince, completeAt)),
    reports: statusline ? [statusline] : [],
  };
}
