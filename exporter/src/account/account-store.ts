import type { Config } from '../config/config.ts';
import type { KnownAccount } from '../history/known-account.ts';
import {
  accountSamples,
  createFamilyJoiner,
  type FamilyLines,
  renderLines,
  sharedSamples,
} from '../metrics/account-metrics.ts';
import { FORMATS, type Format } from '../metrics/exposition.ts';
import type { WindowUsage } from '../usage/usage-body.ts';
import { type AccountState, type AccountView, type ViewRules, viewAccount } from './account-state.ts';
import { updateLastKnown } from './current-usage.ts';
import type { GateCaps } from './gate.ts';
import type { StatuslineUsage } from './statusline-usage.ts';

/** The accounts' states, and what readers see of them. */
export interface AccountStore {
  replace(state: AccountState): void;
  setCaps(account: string, caps: GateCaps): void;
  statuslineOf(account: string): StatuslineUsage | undefined;
  /** Takes what status lines tell, and returns those of its windows that readers see now. */
  replaceStatusline(account: string, usage: StatuslineUsage): readonly WindowUsage[];
  views(): readonly AccountView[];
  /** The account block of the metrics, by family. What has not changed since the last scrape is the same text again. */
  renderBlock(format: Format): readonly string[];
}

type Rendered<Value> = Record<Format, Value>;

interface Entry {
  readonly view: AccountView;
  readonly lines: Rendered<FamilyLines>;
}

export function createAccountStore(
  { accounts, thresholds, staleAfterMs, tier }: Config,
  initial: readonly KnownAccount[],
  armedAt: number,
  now: () => number,
): AccountStore {
  const rules = new Map<string, ViewRules>(
    accounts.map(({ name, limits, polled }) => [
      name,
      { limits, polled, staleAfterMs, tierThresholds: tier.thresholds },
    ]),
  );
  const known = new Map(initial.map((account) => [account.state.account, account]));
  const entries = new Map<string, Entry>();
  const join = inEachFormat(createFamilyJoiner);
  let block: Partial<Rendered<readonly string[]>> = {};

  // An entry is made anew when its state was replaced, or when time alone has changed what there is to see.
  function current(): Entry[] {
    return accounts.flatMap(({ name }) => {
      const rendered = entries.get(name);
      if (rendered && now() < rendered.view.validUntil) return [rendered];
      const [account, rule] = [known.get(name), rules.get(name)];
      if (!account || !rule) return [];
      const view = viewAccount(account.state, account, rule, now());
      const samples = accountSamples(view, thresholds);
      const entry = { view, lines: inEachFormat((format) => renderLines(samples, format)) };
      entries.set(name, entry);
      block = {};
      return [entry];
    });
  }

  function change(name: string, apply: (before: KnownAccount) => KnownAccount): void {
    const before = known.get(name);
    if (!before) return;
    known.set(name, apply(before));
    entries.delete(name);
  }

  return {
    replace: (state) =>
      change(state.account, ({ lastKnown, ...before }) => ({
        ...before,
        state,
        lastKnown: updateLastKnown(lastKnown, state.snapshot?.windows ?? [], now()),
      })),
    setCaps: (account, caps) => change(account, (before) => ({ ...before, caps })),
    statuslineOf: (account) => known.get(account)?.statusline,
    replaceStatusline(account, statusline) {
      change(account, (before) => ({ ...before, statusline }));
      const usage = current().find(({ view }) => view.state.account === account)?.view.current;
      const shown = usage?.snapshot.windows.filter(({ window }) => usage.fromStatusline?.has(window)) ?? [];
      change(account, (before) => ({ ...before, lastKnown: updateLastKnown(before.lastKnown, shown, now()) }));
      return shown;
    },
    views: () => current().map(({ view }) => view),
    renderBlock(format) {
      const present = current();
      const views = present.map(({ view }) => view);
      block[format] ??= join[format]([
        ...present.map(({ lines }) => lines[format]),
        renderLines(sharedSamples(views, armedAt), format),
      ]);
      return block[format];
    },
  };
}

function inEachFormat<Value>(render: (format: Format) => Value): Rendered<Value> {
  return Object.fromEntries(FORMATS.map((format) => [format, render(format)])) as Rendered<Value>;
}
