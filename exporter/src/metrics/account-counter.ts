import type { TELEMETRY_METRICS, TelemetryMetric } from './catalogue.ts';
import { FORMATS, type Format, renderHeader, renderSample } from './exposition.ts';

/** A counter with a series for each account and each value of one more label. */
export interface AccountCounter<Value extends string> {
  /** Sets the current accounts. Their series start at 0, and the series of removed accounts are dropped. */
  setAccounts(accounts: readonly string[]): void;
  count(account: string, value: Value): void;
  /** Renders the family with its header. */
  render(format: Format): Buffer;
}

interface Entry<Value> {
  readonly counts: Map<Value, number>;
  lines: Partial<Record<Format, string>>;
}

/** Replaces prom-client's counter, which renders thousands of series whenever one of them changes. */
export function createAccountCounter<Value extends string>(
  name: TelemetryMetric,
  { help }: (typeof TELEMETRY_METRICS)[TelemetryMetric],
  label: string,
  values: readonly Value[],
): AccountCounter<Value> {
  const entries = new Map<string, Entry<Value>>();
  let text: Partial<Record<Format, Buffer>> = {};
  const headers = Object.fromEntries(
    FORMATS.map((format) => [format, renderHeader({ name, type: 'counter', help }, format)]),
  );

  function entryOf(account: string): Entry<Value> {
    const known = entries.get(account);
    if (known) return known;
    const entry = { counts: new Map<Value, number>(), lines: {} };
    entries.set(account, entry);
    return entry;
  }

  function linesOf(account: string, { counts, lines }: Entry<Value>, format: Format): string {
    lines[format] ??= [...counts]
      .map(([value, count]) => renderSample(name, { labels: { account, [label]: value }, value: count }, format))
      .join('');
    return lines[format];
  }

  return {
    setAccounts(accounts) {
      const present = new Set(accounts);
      for (const account of entries.keys()) if (!present.has(account)) entries.delete(account);
      for (const account of present) {
        const entry = entryOf(account);
        for (const value of values) if (!entry.counts.has(value)) entry.counts.set(value, 0);
        entry.lines = {};
      }
      text = {};
    },
    count(account, value) {
      const entry = entryOf(account);
      entry.counts.set(value, (entry.counts.get(value) ?? 0) + 1);
      entry.lines = {};
      text = {};
    },
    render(format) {
      text[format] ??= Buffer.from(
        headers[format] + [...entries].map(([account, entry]) => linesOf(account, entry, format)).join(''),
      );
      return text[format];
    },
  };
}
