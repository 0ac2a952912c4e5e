import type { AccountView } from '../account/account-view.ts';
import { accountSamples, joinFamilies, type ReportedConfig, renderLines, sharedSamples } from './account-metrics.ts';
import type { Format } from './exposition.ts';

/** Renders the metrics of all accounts. */
export type AccountBlock = (views: readonly AccountView[], format: Format) => Buffer;

/**
 * Returns a renderer that keeps the rendered lines of each view, and the whole block of each list of views. Both are
 * replaced when something changes, so most scrapes find everything rendered.
 */
export function createAccountBlock(config: ReportedConfig, armedAt: number): AccountBlock {
  const linesOf = memoize((view: AccountView, format) => renderLines(accountSamples(view, config.thresholds), format));
  return memoize((views, format) =>
    Buffer.from(
      joinFamilies(
        [...views.map((view) => linesOf(view, format)), renderLines(sharedSamples(views, config, armedAt), format)],
        format,
      ),
    ),
  );
}

function memoize<Input extends object, Output>(render: (input: Input, format: Format) => Output) {
  const rendered = new WeakMap<Input, Map<Format, Output>>();
  return (input: Input, format: Format): Output => {
    const byFormat = rendered.get(input) ?? new Map<Format, Output>();
    rendered.set(input, byFormat);
    const known = byFormat.get(format);
    if (known !== undefined) return known;
    const output = render(input, format);
    byFormat.set(format, output);
    return output;
  };
}
