import type { AccountView } from '../account/account-view.ts';
import {
  accountSamples,
  type FamilyLines,
  joinFamily,
  type ReportedConfig,
  renderLines,
  sharedSamples,
} from './account-metrics.ts';
import { ACCOUNT_METRICS, type AccountMetric } from './catalogue.ts';
import { FORMATS, type Format } from './exposition.ts';

/** Renders the metrics of all accounts, one buffer for each family. */
export type AccountBlock = (views: readonly AccountView[], format: Format) => readonly Buffer[];

interface Block {
  readonly views: readonly AccountView[];
  readonly parts: readonly FamilyLines[];
  readonly families: readonly Buffer[];
}

const NAMES = Object.keys(ACCOUNT_METRICS) as AccountMetric[];

/**
 * Returns a renderer that keeps the lines of each view, and the last block. A scrape renders the views that are new since
 * then, and joins the families in which their lines differ.
 */
export function createAccountBlock(config: ReportedConfig, armedAt: number): AccountBlock {
  const lines = new Map<Format, WeakMap<AccountView, FamilyLines>>(FORMATS.map((format) => [format, new WeakMap()]));
  const blocks = new Map<Format, Block>();

  function linesOf(view: AccountView, format: Format): FamilyLines {
    const known = lines.get(format)?.get(view);
    if (known) return known;
    const rendered = renderLines(accountSamples(view, config.thresholds), format);
    lines.get(format)?.set(view, rendered);
    return rendered;
  }

  return (views, format) => {
    const last = blocks.get(format);
    if (last?.views === views) return last.families;
    const shared = renderLines(sharedSamples(views, config, armedAt), format);
    const parts = [...views.map((view) => linesOf(view, format)), shared];
    const changed = last ? changedParts(last.parts, parts) : undefined;
    const families = NAMES.map((name, index) => {
      const known = last?.families[index];
      const isSame = changed?.every((part) => parts[part]?.[name] === last?.parts[part]?.[name]);
      return known && isSame ? known : Buffer.from(joinFamily(name, parts, format));
    });
    blocks.set(format, { views, parts, families });
    return families;
  };
}

/** Returns the indices of the parts that are new; `undefined` if accounts were added or removed. */
function changedParts(before: readonly FamilyLines[], after: readonly FamilyLines[]): readonly number[] | undefined {
  if (before.length !== after.length) return undefined;
  return [...after.keys()].filter((index) => after[index] !== before[index]);
}
