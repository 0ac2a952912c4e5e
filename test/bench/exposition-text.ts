/** A sample of the text format: the series as it is written, and its value. */
export interface ParsedSample {
  readonly series: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

/** Reads what a Prometheus would read. Knows no escapes, which these metrics don't have. */
export function parseExposition(text: string): ParsedFamily[] {
  const families: { name: string; type: string; samples: ParsedSample[] }[] = [];
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name && type) families.push({ name, type, samples: [] });
    if (line === '' || line.startsWith('#')) continue;
    const [, series = '', value] = /^(.+) (\S+)$/.exec(line) ?? [];
    const labels = [...series.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text]);
    families.at(-1)?.samples.push({
      series,
      name: series.replace(/\{.*/, ''),
      labels: Object.fromEntries(labels) as Record<string, string>,
      value: Number(value),
    });
  }
  return families;
}
