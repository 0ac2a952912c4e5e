import type { Config } from '../config/config.ts';
import type { WindowOutlook } from '../forecast/window-outlook.ts';
import type { AccountState } from './account-state.ts';
import { type AccountView, type KnownAccount, ofSource, type ViewRules, viewAccount } from './account-view.ts';
import { updateLastKnown } from './current-usage.ts';
import type { GateCaps } from './gate.ts';
import { findWindow, type Source, type SourceReport } from './sources.ts';

/** Everything that is known of the accounts, and the views that readers get of it. */
export interface AccountStore {
  replace(state: AccountState): void;
  setCaps(account: string, caps: GateCaps): void;
  setOutlooks(account: string, outlooks: readonly WindowOutlook[]): void;
  /** Returns when the present login of an account was first seen, if it replaced another one. */
  loginSince(account: string): number | undefined;
  reportOf(account: string, source: Source): SourceReport | undefined;
  /** Replaces the report of its source, and returns it with only those windows that readers see now. */
  replaceReport(account: string, report: SourceReport): SourceReport;
  /** In the order of the configuration. A view is the same object for as long as it is valid. */
  views(): readonly AccountView[];
}

export function createAccountStore(
  { accounts, staleAfterMs, tier }: Pick<Config, 'accounts' | 'staleAfterMs' | 'tier'>,
  initial: readonly KnownAccount[],
  now: () => number,
): AccountStore {
  const rules = new Map<string, ViewRules>(
    accounts.map(({ name, limits, polled }) => [
      name,
      { limits, polled, staleAfterMs, tierThresholds: tier.thresholds },
    ]),
  );
  const known = new Map(initial.map((account) => [account.state.account, account]));
  const views = new Map<string, { readonly view: AccountView; readonly since: number }>();
  let all: readonly AccountView[] = [];

  function viewOf(name: string, at: number): AccountView | undefined {
    const held = views.get(name);
    // A clock that was set back makes the view's time wrong in the other direction.
    if (held && at < held.view.validUntil && at >= held.since) return held.view;
    const [account, rule] = [known.get(name), rules.get(name)];
    if (!account || !rule) return undefined;
    const view = viewAccount(account, rule, at);
    views.set(name, { view, since: at });
    return view;
  }

  function change(name: string, apply: (previous: KnownAccount) => KnownAccount): void {
    const previous = known.get(name);
    if (!previous) return;
    known.set(name, apply(previous));
    views.delete(name);
  }

  return {
    replace: (state) => change(state.account, (previous) => afterPoll(previous, state, now())),
    setOutlooks: (account, outlooks) => change(account, (previous) => ({ ...previous, outlooks })),
    setCaps: (account, caps) => change(account, (previous) => ({ ...previous, caps })),
    loginSince: (account) => known.get(account)?.state.loginSince,
    reportOf: (account, source) => ofSource(known.get(account)?.reports ?? [], source),
    replaceReport(account, report) {
      change(account, ({ reports, ...previous }) => ({
        ...previous,
        reports: [...reports.filter(({ source }) => source !== report.source), report],
      }));
      const current = viewOf(account, now())?.current;
      const shown = report.windows.filter(({ window }) => current?.windowSources.get(window)?.source === report.source);
      change(account, (previous) => ({ ...previous, lastKnown: updateLastKnown(previous.lastKnown, shown, now()) }));
      return { ...report, windows: shown };
    },
    views() {
      const at = now();
      const next = accounts.flatMap(({ name }) => viewOf(name, at) ?? []);
      if (next.length !== all.length || next.some((view, index) => view !== all[index])) all = next;
      return all;
    },
  };
}

function afterPoll(previous: KnownAccount, state: AccountState, now: number): KnownAccount {
  const isOtherLogin = state.loginSince !== previous.state.loginSince;
  const latest = state.snapshot?.windows ?? [];
  const isComplete = state.completeAt !== undefined && state.completeAt === state.snapshot?.fetchedAt;
  const remembered = isOtherLogin
    ? []
    : isComplete
      ? previous.lastKnown.filter(({ window }) => findWindow(latest, window))
      : previous.lastKnown;
  return {
    ...previous,
    state,
    lastKnown: updateLastKnown(remembered, latest, now),
    reports: isOtherLogin ? [] : previous.reports,
  };
}
