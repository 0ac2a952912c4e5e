import { accountSamples, type FamilyLines, joinFamilies, renderLines, sharedSamples } from './account-metrics.ts';
import { type AccountState, type AccountView, type ViewRules, viewAccount } from './account-state.ts';
import type { Config } from './config.ts';
import { FORMATS, type Format } from './exposition.ts';

/** The accounts' states, and what readers see of them. */
export interface AccountStore {
  replace(state: AccountState): void;
  views(): readonly AccountView[];
  /** The account block of the metrics. An account is rendered when it has changed, not at each scrape. */
  renderBlock(format: Format): string;
}

type Rendered<Value> = Record<Format, Value>;

interface Entry {
  readonly view: AccountView;
  readonly lines: Rendered<FamilyLines>;
}

export function createAccountStore(
  { accounts, thresholds, staleAfterMs }: Config,
  initial: readonly AccountState[],
  armedAt: number,
  now: () => number,
): AccountStore {
  const rules = new Map<string, ViewRules>(
    accounts.map(({ name, limits, polled }) => [name, { limits, polled, staleAfterMs }]),
  );
  const states = new Map(initial.map((state) => [state.account, state]));
  const entries = new Map<string, Entry>();
  let block: Rendered<string> | undefined;

  // An entry is made anew when its state was replaced, or when time alone has changed what there is to see.
  function current(): Entry[] {
    return accounts.flatMap(({ name }) => {
      const known = entries.get(name);
      if (known && now() < known.view.validUntil) return [known];
      const [state, rule] = [states.get(name), rules.get(name)];
      if (!state || !rule) return [];
      const view = viewAccount(state, rule, now());
      const samples = accountSamples(view, thresholds);
      const entry = { view, lines: inEachFormat((format) => renderLines(samples, format)) };
      entries.set(name, entry);
      block = undefined;
      return [entry];
    });
  }

  return {
    replace(state) {
      states.set(state.account, state);
      entries.delete(state.account);
    },
    views: () => current().map(({ view }) => view),
    renderBlock(wanted) {
      const present = current();
      if (!block) {
        const views = present.map(({ view }) => view);
        const shared = sharedSamples(views, armedAt);
        block = inEachFormat((format) =>
          joinFamilies([...present.map(({ lines }) => lines[format]), renderLines(shared, format)], format),
        );
      }
      return block[wanted];
    },
  };
}

function inEachFormat<Value>(render: (format: Format) => Value): Rendered<Value> {
  return Object.fromEntries(FORMATS.map((format) => [format, render(format)])) as Rendered<Value>;
}
