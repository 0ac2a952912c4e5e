import type { TELEMETRY_METRICS, TelemetryMetric } from './catalogue.ts';
import { FORMATS, type Format, renderHeader, renderSample } from './exposition.ts';

/** A counter with a series for each account and each value of one more label. */
export interface AccountCounter<Value extends string> {
  /** Names the accounts of now: each of their series begins at 0, and those of others end. */
  follow(accounts: readonly string[]): void;
  count(account: string, value: Value): void;
  /** The family, header included. An account is rendered when it has changed. */
  render(format: Format): string;
}

interface Entry<Value> {
  readonly counts: Map<Value, number>;
  lines: Partial<Record<Format, string>>;
}

/** Not prom-client's, which renders thousands of series anew when one has changed. */
export function createAccountCounter<Value extends string>(
  name: TelemetryMetric,
  { help }: (typeof TELEMETRY_METRICS)[TelemetryMetric],
  label: string,
  values: readonly Value[],
): AccountCounter<Value> {
  const entries = new Map<string, Entry<Value>>();
  let text: Partial<Record<Format, string>> = {};
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
    follow(accounts) {
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
      text[format] ??=
        headers[format] + [...entries].map(([account, entry]) => linesOf(account, entry, format)).join('');
      return text[format];
    },
  };
}
