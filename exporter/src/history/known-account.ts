import type { AccountContext, AccountState } from '../account/account-state.ts';
import { WEEKLY_WINDOW, windowDurationSeconds } from '../usage/windows.ts';
import type { History } from './history.ts';

/** An account as the history has it. */
export interface KnownAccount extends AccountContext {
  readonly state: AccountState;
}

const LONGEST_WINDOW_MS = windowDurationSeconds(WEEKLY_WINDOW) * 1000;

export function loadKnownAccount(history: History, account: string, now: number, staleAfterMs: number): KnownAccount {
  return { state: history.loadState(account, now), ...loadContext(history, account, now, staleAfterMs) };
}

export function loadContext(history: History, account: string, now: number, staleAfterMs: number): AccountContext {
  const statusline = history.loadStatusline(account, now - staleAfterMs);
  return {
    caps: history.loadCaps(account),
    // A window that was last seen longer ago has reset since.
    lastKnown: history.lastKnownWindows(account, now - LONGEST_WINDOW_MS),
    ...(statusline ? { statusline } : {}),
  };
}
