import type { RulesOptions } from './options.ts';

/** Label lists of aggregations and joins, with the extra labels of the installation. */
export interface Labels {
  /** `account, window` */
  readonly window: string;
  /** `account` */
  readonly account: string;
  /** `job, instance`: one scraped process. */
  readonly target: string;
  /** The labels of the installation and these. */
  with(...names: string[]): string;
}

export function labelsOf({ extra_labels }: RulesOptions): Labels {
  const list = (...names: string[]) => [...extra_labels, ...names].join(', ');
  return {
    window: list('account', 'window'),
    account: list('account'),
    target: list('job', 'instance'),
    with: list,
  };
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of a Prometheus duration such as `1h30m`. */
export function secondsOf(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (DURATION_UNITS[unit] ?? 0),
    0,
  );
}

/** Joins lines into an expression without the indentation of the source. */
export function promql(strings: TemplateStringsArray, ...values: unknown[]): string {
  const text = String.raw({ raw: strings.raw }, ...values);
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  const indent = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length),
  );
  return lines.map((line) => line.slice(indent)).join('\n');
}
