import { accountSamples, renderAccountBlock, sharedSamples } from './account-metrics.ts';
import { type AccountState, type AccountView, type ViewRules, viewAccount } from './account-state.ts';
import type { Account, Config } from './config.ts';
import { FORMATS, type Format } from './exposition.ts';

/** The accounts' states, and what readers see of them. */
export interface AccountStore {
  replace(state: AccountState): void;
  views(): readonly AccountView[];
  /** The account block of the metrics; rendered when something has changed, not at each scrape. */
  renderBlock(format: Format): string;
}

export function createAccountStore(
  { accounts, thresholds, staleAfterMs }: Config,
  initial: readonly AccountState[],
  armedAt: number,
  now: () => number,
): AccountStore {
  const states = new Map(initial.map((state) => [state.account, state]));
  const rules = (account: Account): ViewRules => ({ limits: account.limits, staleAfterMs });
  const rulesByName = new Map(accounts.map((account) => [account.name, rules(account)]));
  let cache: { validUntil: number; blocks: Record<Format, string> } | undefined;

  function views(): AccountView[] {
    return [...states.values()].flatMap((state) => {
      const found = rulesByName.get(state.account);
      return found ? [viewAccount(state, found, now())] : [];
    });
  }

  function render() {
    const seen = views();
    const parts = [...seen.map((view) => accountSamples(view, thresholds)), sharedSamples(seen, armedAt)];
    const [text, openmetrics] = FORMATS.map((format) => renderAccountBlock(parts, format));
    return {
      validUntil: Math.min(...seen.map((view) => view.validUntil)),
      blocks: { text: text ?? '', openmetrics: openmetrics ?? '' },
    };
  }

  return {
    replace(state) {
      states.set(state.account, state);
      cache = undefined;
    },
    views,
    renderBlock(format) {
      if (!cache || now() >= cache.validUntil) cache = render();
      return cache.blocks[format];
    },
  };
}
